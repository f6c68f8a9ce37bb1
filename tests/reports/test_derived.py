"""Metrics derived from recorded curves: what can be written, what each says of a curve, and every place that takes them."""

import re
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.study.study import Study
from reports.answer import table_rows
from reports.claims import judge
from reports.comparison import compare
from reports.contrast import contrast
from reports.derived import column
from reports.figures.stated import figure
from reports.measurements import beside, measurement_rows, numbers_beside, stated_measures
from reports.schema.condition import SIGNS, Condition
from reports.schema.derived import EVENTS, Event, LastMean, NoSuchMetric, derived, metric_names
from reports.schema.statements import figure as read_figure
from reports.tables import numbers_of
from tests.reports.test_comparison import CELLS, sweep_of

NAN, INF = float("nan"), float("inf")

NAMES = st.text(st.sampled_from("aZ9/_.λ ()-,"), min_size=1, max_size=20).map(str.strip)
NAMES = NAMES.filter(lambda name: name and not re.match(r"[A-Za-z_]\w*\(", name) and not name.endswith(","))
EVENT = st.builds(
    Event,
    st.sampled_from(EVENTS),
    NAMES,
    st.builds(Condition, st.sampled_from([*SIGNS]), st.floats(allow_nan=False, allow_infinity=False)),
)


@given(EVENT | st.builds(LastMean, NAMES, st.integers(1, 99999)))
def test_what_is_written_is_read_again(metric):
    assert derived(str(metric)) == metric
    assert metric_names(str(metric)) == [metric.metric]
    assert derived(str(metric).replace(" < ", "<")) == metric


PIECES = [
    "first_step",
    "last_mean",
    "share",
    "sum",
    "(",
    ")",
    "<",
    ">=",
    "=",
    "==",
    "!=",
    ",",
    "3",
    "1e999",
    "nan",
    "a/b",
    " ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join) | st.text(max_size=30))
def test_any_other_text_is_a_name_or_is_refused_with_a_reason(text):
    """ValueError and nothing else; what is accepted has a canonical form that means the same."""
    with suppress(NoSuchMetric):
        read = derived(text)
        assert read is None or derived(str(read)) == read


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "frist_step(test/error < 0.3)",
            "there are first_step, first_epoch, share, last_mean; did you mean first_step?",
        ),
        ("__import__('os').system('x')", "has the function '__import__'; there are"),
        ("first_step(test/error)", r"must have the form first_step\(METRIC < NUMBER\), such as .* one of < <= > >= =="),
        ("first_step(test/error < 0.3", "cannot be read"),
        ("first_step(test/error << 0.3)", "cannot be read"),
        ("first_step(test/error != 0.3)", "cannot be read"),
        ("first_step(test/error < nan)", "cannot be read"),
        ("first_step(test/error < 1e999)", "is too large; take a finite one"),
        ("last_mean(test/error, 0)", "with a COUNT from 1 to 99999"),
        ("last_mean(test/error, 2.5)", r"such as last_mean\(test/error, 3\)"),
        ("last_mean(first_step(a < 1), 3)", "a function within a function; last_mean takes a recorded metric alone"),
    ],
)
def test_a_message_names_what_is_wrong_and_what_there_is(text, reason):
    with pytest.raises(NoSuchMetric, match=reason):
        metric_names(text)
    with pytest.raises(ValueError, match=rf"study\.measures: .*{reason}"):
        Study(name="x", question="?", measures=[text])


def test_a_name_with_brackets_and_signs_of_its_own_is_a_name():
    assert derived("coefficient/petal length (cm)") is None
    assert derived("first_step(coefficient/petal length (cm) < 2)").metric == "coefficient/petal length (cm)"
    assert derived("share(function/x=0.5 == 1)") == Event("share", "function/x=0.5", Condition("==", 1.0))


def curves(**errors):
    """A row per evaluation, at the steps 0, 10, 30, which are the epochs 0, 1, 3; a cell of seed 0 for each list of errors."""
    table = [
        {"cell": cell, "seed": 0, "step": step, "epoch": step / 10, "test/error": error}
        for cell, values in errors.items()
        for step, error in zip((0, 10, 30), values, strict=True)
    ]
    return pd.DataFrame(table)


@pytest.mark.parametrize(
    ("metric", "errors", "value"),
    [
        ("first_step(test/error < 0.3)", [0.5, 0.2, 0.1], 10),
        ("first_step(test/error <= 0.5)", [0.5, 0.2, 0.1], 0),
        ("first_epoch(test/error <= 0.1)", [0.5, 0.2, 0.1], 3),
        ("first_step(test/error == 0.2)", [0.5, 0.2, 0.2], 10),
        ("first_step(test/error >= 0.9)", [0.5, 0.9, 0.2], 10),
        ("first_step(test/error > 0.5)", [0.5, 0.2, 0.1], INF),  # never
        ("first_step(test/error < 0.3)", [0.5, NAN, NAN], INF),  # diverged before
        ("first_step(test/error < 0.3)", [0.2, NAN, NAN], 0),  # it was there
        ("first_step(test/error < 0.3)", [NAN, NAN, NAN], NAN),  # nothing was measured
        ("share(test/error < 0.3)", [0.5, 0.2, 0.1], 2 / 3),
        ("share(test/error == 0)", [0.5, 0.2, 0.1], 0),
        ("share(test/error < 0.3)", [0.2, 0.2, NAN], NAN),  # not known of every evaluation
        ("last_mean(test/error, 1)", [0.5, 0.2, 0.1], 0.1),
        ("last_mean(test/error, 2)", [0.5, 0.2, 0.1], 0.15),
        ("last_mean(test/error, 3)", [0.5, 0.2, 0.2], 0.3),
        ("last_mean(test/error, 2)", [0.5, NAN, 0.1], NAN),
        ("last_mean(test/error, 2)", [NAN, 0.2, 0.1], 0.15),
    ],
)
def test_each_function_of_a_curve(metric, errors, value):
    table = curves(other=[1.0, 1.0, 1.0], cell=errors).iloc[::-1]  # in whatever order the rows come
    found = column(metric, table[table.step == 30], table)
    assert found.index.tolist() == table[table.step == 30].index.tolist()
    assert found[table.cell == "cell"].tolist() == pytest.approx([value], nan_ok=True)


def test_what_is_measured_once_has_no_event_and_too_few_evaluations_no_mean():
    table = curves(a=[1.0, 1.0, 1.0])
    results = table[table.step == 30].assign(once=1.0)
    with pytest.raises(
        NoSuchMetric, match="needs a value at every evaluation, and once is measured once: name it alone"
    ):
        column("first_step(once < 2)", results, table)
    with pytest.raises(NoSuchMetric, match="needs 4 evaluations, and some seed has 3: take a smaller number"):
        column("last_mean(test/error, 4)", results, table)
    with pytest.raises(NoSuchMetric, match=r"there is no metric 'tst/error'; did you mean test/error\?"):
        column("tst/error", results, table)
    with pytest.raises(NoSuchMetric, match="and nothing is no metric here"):
        column("share(nothing < 2)", results, table)
    with pytest.raises(NoSuchMetric, match="there is no metric 'cell'"):
        column("cell", results, table)


FIRST, MEAN = "first_step(train/loss < 0.02)", "last_mean(test/error, 2)"


def measuring(*measures):
    """Losses of none fall below 0.02 at step 1 in the seeds 0 to 4, and in no other; those of the others are there at once."""
    sweep = sweep_of(CELLS)
    high = (sweep.curves.cell == "none") & ((sweep.curves.step == 0) | (sweep.curves.seed > 4))
    changed = sweep.curves.assign(**{"train/loss": np.where(high, 0.03, 0.01)})
    return sweep._replace(curves=changed, study={**sweep.study, "measures": list(measures)})


def test_the_table_of_networks_has_a_column_for_each_stated_measure():
    """Five seeds of eight at step 1, three never; of the arm l2 the chosen cell, weak, counts: step 0 in all."""
    sweep = measuring(FIRST, MEAN, "test/error", "nothing")
    comparison, stated = compare(sweep), stated_measures(sweep)
    rows = beside(table_rows(comparison), comparison, stated.values, sweep)
    assert [row[FIRST] for row in rows] == ["1 (5 of 8)", "0"]
    assert [list(row)[-2:] for row in rows] == [[FIRST, MEAN]] * 2  # test/error has its column already
    weak = sweep.curves[sweep.curves.cell == "weak"].groupby("seed")["test/error"].mean() * 100
    assert rows[1][MEAN].startswith(f"{weak.mean():.4g} ± ")
    (missing,) = stated.missing
    assert missing.startswith("Not in the table: there is no metric 'nothing'; there are train/error, ")
    numbers = numbers_beside(numbers_of(comparison), stated.values, sweep)
    assert numbers[FIRST].tolist() == [1, 0]
    assert numbers[f"{FIRST} seeds"].tolist() == [5, 8]
    assert numbers[MEAN].iloc[1] == pytest.approx(weak.mean() / 100)


def test_a_metric_that_is_nearly_one_is_asked_back():
    (missing,) = stated_measures(measuring("last_mean(tst/error, 2)")).missing
    assert missing.endswith("and tst/error is no metric here; did you mean test/error?")


def test_a_study_without_measures_has_the_table_of_before():
    comparison, rows = compare(sweep := measuring()), table_rows(compare(sweep_of(CELLS)))
    assert beside(rows, comparison, stated_measures(sweep).values, sweep) == rows


def test_the_table_of_theories_takes_derived_measures_too():
    assert [row[FIRST] for row in measurement_rows(measuring(FIRST))] == ["1 (5 of 8)", "0", "0"]


def test_a_record_whose_measures_are_no_list_shows_none():
    sweep = measuring()
    for foreign in (7, "test/error", {"a": 1}, None):
        assert stated_measures(sweep._replace(study={**sweep.study, "measures": foreign})).values.empty


def test_a_claim_takes_a_derived_metric():
    claim = {"kind": "exact", "cell": {"regularizer": "l2"}, "metric": FIRST, "value": 0.0, "margin": 0.1}
    over = {**claim, "metric": "first_step(once < 1)"}
    sweep = measuring()
    sweep = sweep._replace(results=sweep.results.assign(once=1.0), study={**sweep.study, "claims": [claim, over]})
    here, once = judge(sweep, ["none", "weak"])
    assert (here.verdict, here.found) == ("supported", "0 [0, 0]")
    assert (once.verdict, "once is measured once" in once.found) == ("not tested", True)


def test_a_figure_draws_a_derived_metric_along_an_axis_and_along_no_step():
    spec = {"title": "t", "x": "penalty.strength", "lines": [MEAN], "points": [FIRST]}
    drawn = figure(1, spec, measuring()).data
    assert sorted(zip(drawn.metric, drawn.x.astype(float), strict=True)) == [
        (FIRST, 0.1),
        (FIRST, 0.2),
        (MEAN, 0.1),
        (MEAN, 0.2),
    ]
    with pytest.raises(ValueError, match="along step; it is one number a seed: take an axis as its x"):
        read_figure({**spec, "x": "step"})
    with pytest.raises(ValueError, match="has the function 'frist_step'"):
        read_figure({**spec, "points": ["frist_step(train/loss < 1)"]})


def test_two_sweeps_are_compared_by_a_derived_metric():
    """All five seeds that get there come later by 1 in B, where the others never do: they are no pairs."""
    first, second = measuring(), measuring()
    later = second.curves.assign(step=second.curves.step + 1)
    found = contrast(first, second._replace(curves=later), FIRST).results
    assert [(row[f"{FIRST} of"], row["B − A"], row["seeds"]) for row in found][:1] == [("none", "+1", "5 paired")]
    with pytest.raises(NoSuchMetric, match="did you mean test/error"):
        contrast(first, second, "tst/error")
