"""The sign-flip test against one side only, for one comparison and for the largest of several."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from reports.sign_flips import BLOCK, EXACT, Array, sign_flips

EQUAL = 1e-12  # statistics that differ by no more than this count as equal


class OneSided(NamedTuple):
    """How often flipping the signs of seeds gives as much: a single comparison, and the largest of all."""

    each: Float[Array, " comparisons"]
    largest: float  # p of "some mean is above 0", whichever was picked as the largest


def one_sided(differences: Float[Array, "comparisons seeds"]) -> OneSided:
    """Test T = Σ d / √Σ d² against large values, where all signs of a seed flip together.

    Exact where differences are symmetric about 0; the largest T keeps its level although it was picked (max-T, Westfall &
    Young, 1993).
    """
    norms = np.sqrt((differences**2).sum(axis=1, keepdims=True))
    units = differences / np.where(norms > 0, norms, 1.0)
    observed = units.sum(axis=1)
    n = units.shape[1]
    each, largest, flips = np.zeros(len(units)), 0, 0
    for signs in sign_flips(n, rows=max(1, BLOCK // max(units.shape))):
        for one in (signs @ units.T, -signs @ units.T):  # a flip and its opposite
            each += (one >= observed - EQUAL).sum(axis=0)
            largest += int((one.max(axis=1) >= observed.max() - EQUAL).sum())
            flips += len(one)
    drawn = 0 if n <= EXACT else 1  # the unflipped signs, which a sample of flips need not contain
    return OneSided((each + drawn) / (flips + drawn), (largest + drawn) / (flips + drawn))
