"""What a reader is told beside a comparison: warnings without which it would mislead, and what could be better about the sweep."""

from typing import TYPE_CHECKING

from reports.arms import arms_of
from reports.load import Sweep, has_rows, is_classification
from reports.schema import STREAM
from reports.schema.names import as_number, listed

if TYPE_CHECKING:
    from reports.comparison import Row

SAME = (
    "All seeds have the same numbers, since nothing that vary names differs between them: they are as good as one, whatever p and "
    "intervals say (vary=[split,init,order] varies all)"
)


def cautions(rows: "list[Row]", sweep: Sweep) -> list[str]:
    """Warnings without which the table would mislead."""
    warnings = [
        f"{row.arm}: {row.diverged} of {row.seeds} seeds diverged; its averages are over the others."
        for row in rows
        if 0 < row.diverged < row.seeds
    ]
    warnings += [f"{row.arm}: all {row.seeds} seeds diverged." for row in rows if row.diverged == row.seeds]
    others = [row.arm for row in rows if row.difference is None and row.arm != row.baseline]
    if others:
        warnings.append(
            f"Not compared with the baseline, since their data or sources of chance differ: {listed(others)}."
        )
    tested = {row.cell for row in rows if row.test_error.n}
    apart = [
        row.arm
        for row in rows
        if row.difference is not None and not row.difference.n and {row.cell, row.reference} <= tested
    ]
    if apart:
        warnings.append(f"Not compared with their baseline, since no seed finished in both: {listed(apart)}.")
    warnings += data_that_mislead(rows, sweep) + seeds_that_repeat(rows, sweep)
    if sweep.params.get("selection") == "oracle":
        warnings.append(
            "The step that counts was chosen on the test set (selection=oracle): these errors are optimistic."
        )
    return warnings


def data_that_mislead(rows: "list[Row]", sweep: Sweep) -> list[str]:
    """Warnings of test rows that train as well, and of arms without test rows."""
    cell_of = {cell["name"]: cell for cell in sweep.cells}
    warnings, shared = [], dict[str, list[str]]()
    for row in rows:
        overlap, sizes = cell_of[row.cell].get("overlap"), cell_of[row.cell].get("sizes") or {}
        if isinstance(overlap, int) and overlap:
            words = f"{overlap:,} of {sizes.get('test', '?')} test rows are for training or validation too"
            shared.setdefault(words, []).append(row.arm)
    for words, arms in shared.items():
        whose = "" if len(arms) == len(rows) else f"{listed(arms)}: "
        warnings.append(f"{whose}{words} (split.overlap): errors on them say nothing of new data.")
    untested = [row.arm for row in rows if (cell_of[row.cell].get("sizes") or {}).get("test") == 0]
    return warnings + ([f"Without test rows, and so without a test error: {listed(untested)}."] if untested else [])


def seeds_that_repeat(rows: "list[Row]", sweep: Sweep) -> list[str]:
    """A warning of arms whose seeds all have the same numbers, since nothing that `vary` names differs between them."""
    errors = [name for name in sweep.metrics if name.endswith(("/error", "/loss")) and name in sweep.results]
    cells = sweep.results.groupby("cell")[errors]
    same = (cells.min() == cells.max()) | (cells.count() == 0)
    repeat = same.all(axis=1) & (cells.size() > 1) & (cells.count() > 1).any(axis=1)
    arms = [row.arm for row in rows if repeat.get(row.cell, False)]
    return [f"{SAME}: {listed(arms)}."] if arms else []


def left_out(sweep: Sweep) -> list[str]:
    """A note where no validation rows are there to choose on."""
    if has_rows(sweep, "validation"):
        return []
    return [
        "There are no validation rows (split.validation=0): nothing is chosen on them, arms stand in the order of the sweep, and what "
        "other ways of choosing would have reported is left out."
    ]


def edges(rows: "list[Row]", sweep: Sweep) -> list[str]:
    """Notes on chosen numbers that are the least or the largest of those tried: a better one may lie outside."""
    notes = []
    arm_of, axes_of = arms_of(sweep), {cell["name"]: cell["axes"] for cell in sweep.cells}
    tried: dict[tuple[str, str], set[float | str]] = {}
    for cell, axes in axes_of.items():
        for axis in sweep.study["choose"]:
            if axis in axes and axis != STREAM:
                tried.setdefault((arm_of[cell], axis), set()).add(as_number(axes[axis]))
    for row in rows:
        for axis in sweep.study["choose"]:
            values = sorted(value for value in tried.get((row.arm, axis), ()) if isinstance(value, float))
            chosen = axes_of[row.cell].get(axis)
            if len(values) > 1 and chosen is not None and as_number(chosen) in (values[0], values[-1]):
                side = "largest" if as_number(chosen) == values[-1] else "least"
                notes.append(f"{row.arm}: the {axis} chosen, {chosen}, is the {side} of those tried.")
    return notes


def stages(rows: "list[Row]", sweep: Sweep) -> list[str]:
    """Notes where arms were trained for different numbers of steps, or only some of them fit their training examples."""
    steps = sweep.curves.groupby("cell").step.max().to_dict()
    lengths = {row.arm: int(steps[row.cell]) for row in rows}
    notes = []
    if len(set(lengths.values())) > 1:
        notes.append(
            f"Trained for different numbers of steps: {listed([f'{arm} {n:,}' for arm, n in lengths.items()])}."
        )
    fitted = [row.arm for row in rows if row.train_error.mean == 0]
    others = [row.arm for row in rows if row.train_error.mean > 0]
    if is_classification(sweep) and fitted and others:
        notes.append(
            f"Only some arms fit the training examples without error: {listed(fitted)} do, {listed(others)} do not."
        )
    return notes


def unfinished(rows: "list[Row]", sweep: Sweep) -> list[str]:
    """A note on arms whose validation loss still fell at the last step in most seeds, if the last step is what counts."""
    if sweep.params.get("selection", "last") != "last" or "validation/loss" not in sweep.curves:
        return []
    columns = ["cell", "seed", "step", "validation/loss"]
    curves = sweep.curves.loc[sweep.curves.cell.isin([row.cell for row in rows]), columns].sort_values("step")
    left = curves.groupby(["cell", "seed"]).cumcount(ascending=False)  # evaluations that follow
    curves = curves.assign(
        last=curves["validation/loss"].where(left == 0),
        before=curves["validation/loss"].where(left == 1),
        least=curves["validation/loss"].where(left > 0),
    )
    of_seed = curves.groupby(["cell", "seed"]).agg({"last": "max", "before": "max", "least": "min", "step": "size"})
    falling = (
        (of_seed["last"] < of_seed["least"]) & (of_seed["last"] < 0.98 * of_seed["before"]) & (of_seed["step"] > 2)
    )
    share = falling.groupby("cell").mean().to_dict()
    improving = [row.arm for row in rows if share.get(row.cell, 0) > 0.5]
    if not improving:
        return []
    return [f"Still improving at the last step, by two percent and more of validation loss: {listed(improving)}."]
