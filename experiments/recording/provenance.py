"""Says where numbers come from: the command, the code and the packages."""

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from shlex import quote
from types import MappingProxyType

CONFIG_FLAGS = ("-cd", "--config-dir", "-cp", "--config-path", "-cn", "--config-name")
PACKAGES = ("backprop-lab", "numpy", "scipy", "scikit-learn", "hydra-core", "mlflow")


def command(arguments: Iterable[str]) -> str:
    return " ".join(["python -m experiments.run", *map(quote, arguments)])


def origins(arguments: Sequence[str]) -> list[str]:
    """The words of a command line that say where the user's own configs and classes come from.

    >>> origins(["--config-dir", "mine", "study=x", "execution.allow_targets=[mine.L3]", "seeds=3"])
    ['--config-dir', 'mine', 'execution.allow_targets=[mine.L3]']
    """
    after = ["", *arguments]
    return [
        word
        for word, before in zip(arguments, after, strict=False)
        if word.startswith((*CONFIG_FLAGS, "execution.allow_targets=")) or before in CONFIG_FLAGS
    ]


@cache
def provenance() -> Mapping[str, str]:
    """Who ran which code with which packages."""
    revision = commit()
    return MappingProxyType(
        {
            "mlflow.user": os.environ.get("USER", "unknown"),
            "mlflow.source.name": "experiments.run",
            "mlflow.source.type": "LOCAL",
            "mlflow.source.git.commit": revision.split()[0],
            "commit": revision,
            "versions": ", ".join(
                [f"python {platform.python_version()}"] + [f"{name} {version(name)}" for name in PACKAGES]
            ),
        }
    )


def commit() -> str:
    """The project's git commit, marked if files differ from it; "unknown" outside a checkout."""
    git = ["git", "-C", str(Path(__file__).parent)]
    describe = [*git, "describe", "--always", "--dirty= (with changes)", "--abbrev=40", "--exclude=*"]
    try:  # an installed copy may lie inside somebody else's checkout: then git does not know this file
        subprocess.run([*git, "ls-files", "--error-unmatch", __file__], capture_output=True, check=True, timeout=10)
        return subprocess.run(describe, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
