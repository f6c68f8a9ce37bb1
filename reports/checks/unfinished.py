"""L002: training that ended while it still helped."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.load import Sweep
from reports.schema.names import listed

if TYPE_CHECKING:
    from reports.comparison import Comparison

FALL = 0.02  # of the validation loss, from the last evaluation but one to the last


def still_improving(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """Still improving at the last step.

    Found: where the last step counts, in more than half of an arm's seeds the validation loss at the last of three or more
    evaluations is the least of all, and two percent or more below the one before. Noise alone would have to do so in most seeds:
    of 10 seeds with 12 evaluations each that only scatter, in fewer than 1 of 10,000 arms.

    Matters: the arms are compared in the middle of training, and one that learns more slowly looks worse than it is.

    Do: train longer, for example with twice the `epochs`, or take a larger `optimizer.learning_rate`.
    """
    if sweep.params.get("selection", "last") != "last" or "validation/loss" not in sweep.curves:
        return []
    columns = ["cell", "seed", "step", "validation/loss"]
    share = share_falling(sweep.curves.loc[sweep.curves.cell.isin([row.cell for row in comparison.rows]), columns])
    improving = [row.arm for row in comparison.rows if share.get(row.cell, 0) > 0.5]
    return [
        f"Still improving at the last step, by two percent and more of validation loss: {listed(improving)}"
    ] * bool(improving)


def share_falling(curves: pd.DataFrame) -> dict[str, float]:
    """For each cell the share of its seeds whose validation loss still falls at the last evaluation."""
    curves = curves.sort_values("step")
    left = curves.groupby(["cell", "seed"]).cumcount(ascending=False)  # evaluations that follow
    loss = curves["validation/loss"]
    parts = {"last": loss.where(left == 0), "before": loss.where(left == 1), "least": loss.where(left > 0)}
    of_seed = (
        curves.assign(**parts)
        .groupby(["cell", "seed"])
        .agg({"last": "max", "before": "max", "least": "min", "step": "size"})
    )
    least_of_all = of_seed["last"] < of_seed["least"]
    falling = least_of_all & (of_seed["last"] < (1 - FALL) * of_seed["before"]) & (of_seed["step"] > 2)
    shares: dict[str, float] = falling.astype(np.float64).groupby("cell").mean().to_dict()
    return shares
