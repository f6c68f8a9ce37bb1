"""L017: the sign-flip test is right for differences that are symmetric about 0."""

from typing import TYPE_CHECKING

import numpy as np

from reports.checks.evidence import compared
from reports.load import Sweep

if TYPE_CHECKING:
    from reports.comparison import Comparison

LEAST = 8  # seeds that the test of skewness needs
LEVEL = 0.01  # shared by all comparisons of the table


def skew_differences(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """Differences more skew than chance makes them.

    Found: by D'Agostino's test of skewness (SciPy's `skewtest`) on each comparison's differences over 8 or more seeds, p < 0.01
    divided by the number of comparisons. Simulated with 200,000 samples of Gaussian values, one comparison is found in 1.1 % (8
    and 10 seeds) and 1.0 % (30 seeds), each of eight in 0.03, 0.10 and 0.13 %. Lognormal differences (σ = 1) are found in 25, 33
    and 90 %: that none is found says little with few seeds. Differences of mostly 0 and one other value are found, too.

    Matters: the sign-flip test is right for differences that are symmetric about 0. Of very skew ones (lognormal, σ = 1) with a
    mean of 0, it decides up to 15 % where it should decide at most 5 %, and something in 36 % of tables of eight; and the t
    interval misses the mean more often than it says.

    Do: look at every seed's difference for the few that make the mean (results.csv); `seeds=30`, or more, help the interval.
    """
    from scipy.stats import skew, skewtest

    told = [(name, d) for name, _, d in compared(sweep, comparison) if len(d) >= LEAST]
    told = [(name, d) for name, d in told if np.ptp(d) > 1e-12 * np.abs(d).max()]
    return [
        f"{name}: the differences of {len(d)} seeds are skew ({skew(d):+.1f}".replace("-", "−")
        + "), more than chance makes symmetric ones"
        for name, d in told
        if skewtest(d).pvalue < LEVEL / len(told)
    ]
