"""L012, L023: rows that judge, and should not be what they are."""

from typing import TYPE_CHECKING

from reports.load import Sweep
from reports.schema.names import listed

if TYPE_CHECKING:
    from reports.comparison import Comparison


def step_chosen_on_test(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """The step was chosen on the test set.

    Found: a cell's `selection` takes the step that counts by test rows, as oracle does.

    Matters: of many steps, the one with the least test error is partly the luckiest: new data will have a larger error.

    Do: `selection=best_validation` chooses on rows that do not judge. What the oracle would have claimed stands in the report's
    ledger anyway.
    """
    cell_of = {cell["name"]: cell for cell in sweep.cells}
    whole = sweep.params.get("selection") == "oracle" and "selection" not in sweep.axes
    arms = [row.arm for row in comparison.rows if whole or cell_of[row.cell].get("step_by_test") is True]
    if not arms:
        return []
    begins = whose(arms, comparison, "The step")
    return [f"{begins} that counts was chosen on the test set (selection=oracle): these errors are optimistic"]


def corrupted_where_they_judge(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """Labels corrupted on purpose where they judge.

    Found: `corruption.parts` names validation or test, with a rate above 0.

    Matters: on test rows with wrong labels, right answers are counted as errors, so that every error is too large; on validation
    rows, they blur what is chosen.

    Do: `'corruption.parts=[train]'`, unless noise at the time of use is what the study asks about.
    """
    cell_of, found = {cell["name"]: cell for cell in sweep.cells}, dict[str, list[str]]()
    for row in comparison.rows:
        if isinstance(parts := cell_of[row.cell].get("corrupted"), list) and parts:
            found.setdefault(" and ".join(map(str, parts)), []).append(row.arm)
    return [
        whose(arms, comparison, "Labels")
        + f" of {parts} rows are corrupted on purpose (corruption.parts): errors there count right answers as wrong"
        for parts, arms in found.items()
    ]


def whose(arms: list[str], comparison: "Comparison", begins: str) -> str:
    """How a sentence begins: with the arms that it is about, unless these are all."""
    return begins if len(arms) == len(comparison.rows) else f"{listed(arms)}: {begins[0].lower()}{begins[1:]}"
