"""How a sweep is run, and how much of the machine it may take."""

from dataclasses import field
from math import inf, isfinite

from backprop.choices import choice
from experiments.study.keep import to_keep


@choice
class Execution:
    """How a sweep is run; none of this decides a number, and none of it is part of a cell's identity."""

    force: bool = False  # train again what is already recorded
    dry_run: bool = False  # only say what would be trained, and how long it would take
    fail_fast: bool = False  # stop at the first cell that fails
    check_claims: bool = False  # a claim of the study that is refuted, or not tested, makes the command fail
    allow_targets: list[str] = field(default_factory=list)  # classes of yours that a config may name as _target_
    max_hours: float | None = 24.0  # a sweep that would take longer is refused; None: no limit, here and below
    max_memory: float | str | None = "90%"  # share of the machine's, or a number of GB
    max_disk: float | str | None = "50%"  # share of what is free, or a number of GB
    keep: str | list[str | int] = field(default_factory=list)  # rows, outputs, weights (of all seeds), weights:0,3

    def __post_init__(self) -> None:
        to_keep(self.keep)  # the check
        if self.max_hours is not None and not (isfinite(self.max_hours) and self.max_hours > 0):
            raise ValueError(
                f"execution.max_hours is {self.max_hours!r}; it must be a number above 0, or null for no limit."
            )
        for key in ("max_memory", "max_disk"):
            asked = getattr(self, key)
            try:
                amount(asked, 1.0)
            except ValueError as error:
                raise ValueError(
                    f"execution.{key} is {asked!r}; it must be a share such as 90%, a number of gigabytes such as 16GB, "
                    "or null for no limit."
                ) from error


def amount(asked: object, there: float) -> float:
    """Bytes, from a share of what there is or from a number of gigabytes; None is no limit. Raises ValueError.

    >>> amount("90%", 2e9), amount("16GB", 2e9), amount(0.5, 2e9), amount(None, 2e9)
    (1800000000.0, 16000000000.0, 500000000.0, inf)
    """
    if asked is None:
        return inf
    text = str(asked).strip()
    unit = there / 100 if text.endswith("%") else 1e9
    number = float(text.removesuffix("%").removesuffix("GB"))
    if isinstance(asked, bool) or not (isfinite(number) and number > 0):
        raise ValueError(f"{asked!r} is no amount")
    return number * unit
