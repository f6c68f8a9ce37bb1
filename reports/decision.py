"""What a comparison has come to, in one word, where a study states its smallest effect δ.

By the simultaneous 95 % interval [low, high] of a difference in test error, ours − theirs (`reports.max_t`), the first that holds of

    equivalent   −δ < low and high < δ: no difference that matters, whatever its sign
    better       high < 0: less error
    worse        low > 0: more error
    undecided    else: it contains 0, and more seeds are needed

An interval that excludes 0 and lies within ± δ tells a difference that is too small to matter: *equivalent*, for that is what the
study calls it; the sign stands in the interval. One interval decides all four words, and all of a family hold together, so that words
need no further correction. One arm alone could be called equivalent by its 90 % interval (TOST at 5 %); in a family of eight that
calls some arm so too often. Simulated, 10 seeds, 8 arms of sd σ that share a baseline (correlation ½), 2,000 sweeps:

    true difference of all    δ        sweeps with a wrong word      by each arm's 90 % interval
    0                         .5 σ     better or worse:   4.7 %
    1.5 σ                     1.5 σ    equivalent:        2.3 %      22 %
    3 σ                       3 σ      equivalent:        2.3 %      22 %
    5 σ                       5 σ      equivalent:        2.3 %      22 %

The last rows are the worst case: every arm lies exactly on the margin.
"""

from typing import Literal

Decision = Literal["better", "worse", "equivalent", "undecided"]


def decide(low: float, high: float, smallest_effect: float) -> Decision:
    """The word for an interval; NaN, where there is none, is undecided.

    >>> decide(-0.03, -0.01, 0.005), decide(-0.03, -0.01, 0.05), decide(-0.03, 0.01, 0.02)
    ('better', 'equivalent', 'undecided')
    """
    if -smallest_effect < low and high < smallest_effect:
        return "equivalent"
    if high < 0:
        return "better"
    return "worse" if low > 0 else "undecided"
