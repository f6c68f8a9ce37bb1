"""python -m experiments.run: runs a sweep from the command line, through Hydra, and sets the exit code.

Exit codes: 0 all well, 1 some cells failed or a checked claim did not hold, 2 bad configuration, 130 interrupted.
"""

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from experiments import CONF


class CellsFailed(Exception):
    """Some cells failed; all others are recorded."""


class NotAllWell(Exception):
    """All is recorded, but a checked claim did not hold, a figure could not be drawn, or nothing could be measured."""


def job(config: Any) -> Any:
    """Run one job on its own, for launchers other than ours."""
    from hydra.core.hydra_config import HydraConfig
    from hydra_plugins.lab_sweeper import searches

    from experiments.config.composition import Job, override_values, without_unused_keys
    from experiments.sweep import sweep
    from experiments.training.workers import Workers

    node = HydraConfig.get()
    alone = without_unused_keys(Job(override_values(node.overrides.task), config, dict(node.runtime.choices)))
    (value,), shortfalls = sweep([alone], Workers(workers=1), searches(node.sweeper))
    if isinstance(value, Exception):
        raise value
    if shortfalls:
        raise NotAllWell("\n".join(shortfalls))
    return value


def main() -> None:
    """The console script `backprop-lab`."""
    from experiments.recording.delivery import StoreUnavailable
    from reports.door import printable, tolerant

    printable()
    tolerant()
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # else Hydra prints its own messages and exits with 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.argv[1:] = arguments(sys.argv[1:])
    try:
        start()
    except KeyboardInterrupt:
        leave(130, "interrupted")
    except (CellsFailed, NotAllWell) as failed:
        leave(1, str(failed))
    except StoreUnavailable as error:
        leave(1, f"error: {error}")
    except Exception as error:
        if wants_traceback or not is_a_mistake(error):
            leave(2 if is_a_mistake(error) else 1, traceback.format_exc())
        from experiments.config.errors import explain

        leave(2, f"error: {explain(error, CONF)}\n(HYDRA_FULL_ERROR=1 shows the traceback)")


def start() -> None:
    """Hands the command line to Hydra, which composes the config and calls our sweeper."""
    import hydra
    import hydra._internal.hydra

    from experiments.config.loader import GuardedLoader

    trust_what_is_typed(sys.argv[1:])
    hydra._internal.hydra.ConfigLoaderImpl = GuardedLoader  # type: ignore[misc]  # Hydra has no place to name another
    hydra.main(config_path=str(CONF), config_name="config", version_base="1.3")(job)()


def arguments(given: Sequence[str]) -> list[str]:
    """Add --multirun to the command line: conf/config.yaml sets it too, but this way Hydra's messages name the true error."""
    from experiments.recording.provenance import CONFIG_FLAGS

    multirun = [word for word in given if word in ("--multirun", "-m")]
    others = [word for word in given if word not in multirun]
    if any(word.startswith(("-", "hydra.mode=")) and not word.startswith(CONFIG_FLAGS) for word in others):
        return others  # it only shows something, or names its own mode
    return ["--multirun", *others]


def trust_what_is_typed(given: Sequence[str]) -> None:
    """Allows the classes that the command line names; what a file says of execution.allow_targets does not count."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    from experiments.config.targets import trust

    for word in given:
        if word.lstrip("+").startswith("execution.allow_targets="):
            names: Any = OverridesParser.create().parse_override(word).value()
            trust(list(map(str, names)) if isinstance(names, list) else [str(names)])


def is_a_mistake(error: Exception) -> bool:
    """Whether it is an error in what the user has asked for, rather than one in this program."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    from experiments.config.errors import ConfigurationError

    kinds = HydraException | OmegaConfBaseException | ConfigurationError | OSError | YAMLError | UnicodeDecodeError
    of_the_store = type(error).__name__ == "MlflowException"  # importing MLflow to ask would take seconds
    of_hydra = isinstance(error, ValueError) and "Config group override" in str(error)
    return isinstance(error, kinds) or of_the_store or of_hydra


def leave(code: int, message: str) -> NoReturn:
    """End the process with a message, in which values from the environment are hidden."""
    from experiments.config.secrets import hidden

    print(hidden(message), file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    from experiments.run import main  # the module that others import, not a second one called __main__

    main()
