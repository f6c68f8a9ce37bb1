"""How far the probabilities of classifiers can be trusted: their errors of calibration, and the bins that these rest on.

Measured after the last step, on test rows (backprop/measures/calibration.py has the formulas). Differences over seeds are of seeds
of these data: every interval here is one over seeds.
"""

import numpy as np
import pandas as pd

from reports.claims.ratio import fieller
from reports.comparison import Comparison
from reports.crossed import of_independent_seeds
from reports.formats import ends, number, show
from reports.load import Sweep
from reports.schema import RELIABILITY
from reports.statistics import mean_interval

ERROR, FLOOR, SIGNED = "test/calibration_error", "test/calibration_floor", "test/overconfidence"
BY_CHANCE, ABOVE = f"by chance ({FLOOR})", "above chance"

LEAST = 5  # right examples and wrong ones that an interval of accuracy needs


def calibration_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """One row per arm, ready to show, in points of percent: means over seeds, 95 % t intervals; none where nothing is measured."""
    if SIGNED not in sweep.results or not sweep.results[SIGNED].notna().any():
        return []
    in_percent = comparison._replace(percent=True)

    def signed(values: pd.Series) -> str:
        interval = mean_interval(values)
        return f"{number(interval.mean, in_percent, sign=True)} {ends(interval, in_percent)}".removesuffix(" –")

    of_cell = of_independent_seeds(sweep).results.groupby("cell", sort=False)
    measured = [(row.arm, of_cell.get_group(row.cell)[[ERROR, FLOOR, SIGNED]]) for row in comparison.rows]
    return [
        {
            "": arm,
            ERROR: show(mean_interval(seeds[ERROR]), in_percent),
            BY_CHANCE: number(seeds[FLOOR].mean(), in_percent),
            ABOVE: signed(seeds[ERROR] - seeds[FLOOR]),
            SIGNED: signed(seeds[SIGNED]),
            "seeds": str(seeds[SIGNED].count()),
        }
        for arm, seeds in measured
    ]


def has_bins(sweep: Sweep) -> bool:
    return any(name.startswith(RELIABILITY) for name in sweep.results.columns)


def reliability(rows: pd.DataFrame) -> pd.DataFrame:
    """The bins of one cell, from its seeds' rows of `results`: those that have examples.

    Columns: from, to (ends of the bin), examples (over all seeds), share (of all test examples), confidence and accuracy (means over the
    bin's examples of all seeds), low and high (accuracy's 95 % interval over seeds: Fieller's, as it is a ratio of two means, right
    examples over examples; missing where hardly any are right, or wrong), seeds.
    """
    examples, correct, confidence = (sums(rows, what) for what in ("examples", "correct", "confidence"))
    ends, total = np.linspace(0, 1, examples.shape[1] + 1), examples.sum()
    found = [
        {
            "from": ends[b],
            "to": ends[b + 1],
            "examples": int(examples[:, b].sum()),
            "share": examples[:, b].sum() / total,
            "confidence": confidence[:, b].sum() / examples[:, b].sum(),
            "accuracy": correct[:, b].sum() / examples[:, b].sum(),
            **accuracy_ends(correct[:, b], examples[:, b]),
            "seeds": len(examples),
        }
        for b in np.flatnonzero(examples.sum(axis=0))
    ]
    return pd.DataFrame(found)


def sums(rows: pd.DataFrame, what: str) -> np.ndarray:
    """(seeds, bins), without seeds that have diverged."""
    named = rows[[name for name in rows.columns if name.startswith(f"{RELIABILITY}{what}/")]]
    return named.dropna().to_numpy(float)


def accuracy_ends(correct: np.ndarray, examples: np.ndarray) -> dict[str, float]:
    """The interval's ends, within [0, 1]; none of fewer than five right or five wrong examples.

    Simulated with 5 to 30 seeds of 3 to 300 examples: it covers .93 to .99 where at least half of such bins have that many,
    and without the rule as little as .34, of examples that are nearly all right.
    """
    enough = len(correct) > 1 and min(correct.sum(), (examples - correct).sum()) >= LEAST
    interval = fieller(correct, examples, level=0.95) if enough else None
    if interval is None:
        return {"low": np.nan, "high": np.nan}
    return {"low": max(interval.low, 0.0), "high": min(interval.high, 1.0)}
