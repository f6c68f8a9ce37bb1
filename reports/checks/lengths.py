"""L006, L007: arms that are compared at different stages of training."""

from typing import TYPE_CHECKING

from reports.load import Sweep, is_classification
from reports.schema.names import listed

if TYPE_CHECKING:
    from reports.comparison import Comparison


def different_steps(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """Arms trained for different numbers of steps.

    Found: the last step evaluated is not the same in all chosen cells.

    Matters: what is trained longer has seen more minibatches and had more time to overfit; the difference between arms is also of
    that.

    Do: give all arms the same steps: with other sizes of training sets or minibatches, other `epochs`; or take the best step of
    each, `selection=best_validation`.
    """
    steps = sweep.curves.groupby("cell").step.max().to_dict()
    lengths = {row.arm: int(steps[row.cell]) for row in comparison.rows}
    if len(set(lengths.values())) < 2:
        return []
    return [f"Trained for different numbers of steps: {listed([f'{arm} {n:,}' for arm, n in lengths.items()])}"]


def only_some_fit(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """Only some arms fit their training examples.

    Found: in classification, some arms have no training error at all in any seed, and others have some.

    Matters: the gap of an arm that fits is its test error; that of one that does not fit is less by its training error. An arm
    may have the smaller gap and the larger test error.

    Do: compare test errors, not gaps; to compare how arms generalize at the same fit, train the others longer, with more
    `epochs`.
    """
    fitted = [row.arm for row in comparison.rows if row.train_error.mean == 0]
    others = [row.arm for row in comparison.rows if row.train_error.mean > 0]
    if not (is_classification(sweep) and fitted and others):
        return []
    return [f"Only some arms fit the training examples without error: {listed(fitted)} do, {listed(others)} do not"]
