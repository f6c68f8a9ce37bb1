"""L004, L022: what the classes of the data do to an error that counts every row alike."""

from typing import TYPE_CHECKING, Any

from reports.load import Sweep
from reports.schema.names import listed

if TYPE_CHECKING:
    from reports.comparison import Comparison

RATIO = 3  # of the rows of the largest class to those of the smallest
BALANCED = ("balanced_error", "error_of_")  # in the names of metrics that look at each class


def unbalanced(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """Unbalanced classes.

    Found: of all rows of the data, the largest class has at least three times as many as the smallest, and `study.measures` names
    neither a balanced error nor the error of a class. The counts are what they are, so that this needs no test.

    Matters: the error counts every row alike, and so is mostly that of the large classes: nine of ten rows right can mean that a
    class of a tenth of the rows is never found.

    Do: show the balanced error, `'measures=[norms,balanced_error]'` with `'study.measures=[test/balanced_error]'`; to train for
    it, too, `loss=softmax_cross_entropy loss.class_weights=balanced`.
    """
    if any(part in str(metric) for metric in sweep.study.get("measures") or [] for part in BALANCED):
        return []
    sentences: dict[str, list[str]] = {}
    cell_of = {cell["name"]: cell for cell in sweep.cells}
    for row in comparison.rows:
        if (words := counts_in_words(cell_of[row.cell].get("classes"))) is not None:
            sentences.setdefault(words, []).append(row.arm)
    return [sentence if len(sentences) == 1 else f"{listed(arms)}: {sentence}" for sentence, arms in sentences.items()]


def counts_in_words(classes: Any) -> str | None:
    """What is wrong with these numbers of rows, the least and the most of a class; None if nothing is.

    >>> counts_in_words({"count": 2, "least": 10, "most": 90}), counts_in_words({"count": 2, "least": 40, "most": 60})
    ('Of 2 classes the largest has 90 rows and the smallest 10: the error tells mostly of the large ones', None)
    """
    if not isinstance(classes, dict) or not all(
        isinstance(classes.get(key), int) for key in ("count", "least", "most")
    ):
        return None
    if classes["most"] < RATIO * classes["least"]:
        return None
    return (
        f"Of {classes['count']} classes the largest has {classes['most']:,} rows and the smallest {classes['least']:,}: the error tells "
        "mostly of the large ones"
    )


def class_without_test_rows(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """A class without test rows.

    Found: in some seed's split, a class that the data have has no row among those for testing. Training rows that lack a class are
    refused before anything is trained.

    Matters: the error of that seed says nothing of the class, and that of other seeds does: they measure different things.

    Do: give `split.test` more rows, at least several for each class; `split=holdout` gives every part the classes in the data's
    proportions, which groups and time need not.
    """
    found: dict[int, list[str]] = {}
    cell_of = {cell["name"]: cell for cell in sweep.cells}
    for row in comparison.rows:
        if isinstance(most := cell_of[row.cell].get("untested_classes"), int) and most > 0:
            found.setdefault(most, []).append(row.arm)
    return [
        f"{listed(arms)}: {most} of the classes {'has' if most == 1 else 'have'} no test row in some seeds"
        for most, arms in found.items()
    ]
