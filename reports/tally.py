"""In how many seeds an arm has the lower error, how many tie, and in how many it is higher."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Tally(NamedTuple):
    """Counts of seeds."""

    lower: int
    ties: int
    higher: int

    def in_words(self) -> str:
        """
        >>> Tally(8, 1, 1).in_words(), Tally(0, 2, 3).in_words(), Tally(5, 0, 0).in_words()
        ('8 lower, 1 tie, 1 higher', '0 lower, 2 ties, 3 higher', '5 lower, 0 higher')
        """
        ties = f"{self.ties} tie{'' if self.ties == 1 else 's'}, " if self.ties else ""
        return f"{self.lower:,} lower, {ties}{self.higher:,} higher"


def tally(differences: ArrayLike) -> Tally:
    """The counts of differences, ours − theirs by seed; seeds without one do not count.

    >>> tally([-0.1, -0.2, 0.0, 0.3, np.nan])
    Tally(lower=2, ties=1, higher=1)
    """
    d = np.asarray(differences, float)
    return Tally(int((d < 0).sum()), int((d == 0).sum()), int((d > 0).sum()))
