"""A Hydra config loader that lets other people's files say what is studied, but not how Hydra itself works.

Loggers, callbacks and launchers are named in `hydra.*` keys, and are code that runs. A file that is not ours may set
`hydra.sweeper.params` and `hydra.sweeper.grids`; other `hydra.*` keys come from the command line alone.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from experiments import CONF
from experiments.config.errors import ConfigurationError

OURS = f"file://{CONF}"
STATE = ("runtime", "overrides", "job.name", "job.config_name", "job.override_dirname", "job.num", "job.id", "mode")
AXES = ("sweeper.params", "sweeper.grids")


class GuardedLoader(ConfigLoaderImpl):
    """Composes what Hydra composes. Raises ConfigurationError where somebody else's file sets one of Hydra's own keys."""

    def load_configuration(
        self, config_name: str | None, overrides: list[str], run_mode: RunMode, *more: Any, **others: Any
    ) -> DictConfig:
        if not hasattr(self, "typed"):  # the first call has the command line's overrides
            parsed = OverridesParser.create().parse_overrides(overrides)
            self.typed = [str(o.input_line) for o in parsed if o.is_hydra_override()]
        config = super().load_configuration(config_name, overrides, run_mode, *more, **others)
        if config_name != "config" or self.reads_others():
            self.check(config)
        return config

    def reads_others(self) -> bool:
        """Whether configs come from folders other than ours and those of installed packages."""
        folders = {source.path for source in self.config_search_path.get_path() if source.path.startswith("file://")}
        return folders != {OURS} or any("hydra.searchpath" in text for text in self.typed)

    def check(self, config: DictConfig) -> None:
        ours = ConfigLoaderImpl(create_config_search_path(OURS))
        typed = [text for text in self.typed if not text.startswith("hydra.searchpath")]
        typed.append("study=none")  # our studies only set axes, which not every sweeper accepts
        allowed = dict(hydra_keys(ours.load_configuration("config", typed, RunMode.MULTIRUN)))
        for key, value in hydra_keys(config):
            if allowed.get(key, "") != value and not key.startswith("searchpath"):
                raise ConfigurationError(
                    f"a config file from outside this project sets hydra.{key}; it may only set hydra.sweeper.params and "
                    f"hydra.sweeper.grids. If you want it, say so on the command line: hydra.{key}=VALUE."
                )


def hydra_keys(config: DictConfig) -> Iterator[tuple[str, str]]:
    """Hydra's keys, except axes and what Hydra itself writes there, each with its unresolved value as text."""
    node: Any = OmegaConf.to_container(config.hydra, resolve=False)
    for key, value in flat(node, ""):
        if not any(key == part or key.startswith((f"{part}.", f"{part}[")) for part in (*STATE, *AXES)):
            yield key, value


def flat(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping) and node:
        for key, value in node.items():
            yield from flat(value, f"{path}.{key}".lstrip("."))
    else:
        yield path, str(node)
