"""A condition on a number, as a study writes it: "< 0.1"."""

import operator
import re
from math import isfinite
from typing import Any, NamedTuple

SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"


class Condition(NamedTuple):
    """A sign and the number on its right."""

    sign: str
    number: float

    def of(self, values: Any) -> Any:
        """Whether it holds of each value; of a NaN nothing does."""
        return SIGNS[self.sign](values, self.number)


def condition(text: str) -> Condition:
    """Read a condition. Raises ValueError.

    >>> condition("<= 1e-3")
    Condition(sign='<=', number=0.001)
    """
    found = re.fullmatch(rf"\s*({'|'.join(sorted(SIGNS, key=len, reverse=True))})\s*({NUMBER})\s*", text, re.ASCII)
    if found is None:
        raise ValueError(
            f'a condition is {text!r}; it must be one of {", ".join(SIGNS)} and a number, such as "< 0.1" or "== 0"'
        )
    if not isfinite(number := float(found[2])):
        raise ValueError(f"a condition has the number {found[2]}, which is too large; take a finite one")
    return Condition(found[1], number)
