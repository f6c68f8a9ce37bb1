"""The errors of every row: their means are the errors recorded, and they survive whatever curves survive."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from backprop.losses import BinaryCrossEntropy
from backprop.network import MLP
from backprop.optimizers import SGD
from experiments.config.building import experiment_of
from experiments.costs import thinning
from experiments.data.corruption import LabelNoise
from experiments.data.datasets import breast_cancer, diabetes, wine
from experiments.data.splits import Holdout, KFold
from experiments.recording import journal
from experiments.recording.row_table import from_row_table, row_table, write_rows
from experiments.study.curves import joined, of_seeds, seed_table
from experiments.study.evaluate_at import Geometric, Listed
from experiments.study.keep import Keep, all_names, had_by, named_of_cell, to_keep
from experiments.study.rows import Rows, at_only, taken
from experiments.study.selection import BestValidation, Last
from experiments.training.evaluation import attempt, finished_cells
from experiments.training.holding import rules_of
from experiments.training.tasks import tasks
from reports.page import recipe
from reports.schema import HELD_OUT, OWN, PARTS, ROWS, SELECTED, THINNED
from reports.schema.record import Unreadable
from reports.schema.rows import frame, read_rows
from tests.reports.made import many

QUICK = {"network": MLP((4,)), "epochs": 3, "seeds": 3, "evaluate_at": Geometric(5), "batch_size": 20}


@dataclass(frozen=True)
class SecondBest:
    """A rule of somebody's own, which may return to an evaluation that it has passed over."""

    def __call__(self, curves):
        return curves["validation/loss"].argsort(axis=0)[1]


CELLS = {
    "classes": experiment_of(wine(), QUICK),
    "corrupted": experiment_of(wine(), QUICK | {"corruption": LabelNoise(0.5, parts=("train", "validation"))}),
    "two classes": experiment_of(breast_cancer(), QUICK | {"loss": BinaryCrossEntropy()}),
    "folds of two sizes": experiment_of(wine(), QUICK | {"split": KFold(3)}),
    "one split for all": experiment_of(wine(), QUICK | {"vary": ["init"]}),
    "values": experiment_of(diabetes(), QUICK),
    "values, folds": experiment_of(diabetes(), QUICK | {"split": KFold(3), "dtype": "float64"}),
    "own rule": experiment_of(wine(), QUICK | {"selection": BestValidation("error")}),
    "somebody's rule": experiment_of(wine(), QUICK | {"selection": SecondBest()}),
    "values, somebody's rule": experiment_of(diabetes(), QUICK | {"selection": SecondBest()}),
}


@cache
def curves_of(experiment, keep=Keep(rows=True), replicas=None):  # noqa: B008
    plan = tasks([experiment], replicas, keep=keep)
    ((_, curves),) = finished_cells((attempt(i, task) for i, task in enumerate(plan)), plan, [experiment])
    assert not isinstance(curves, str), curves
    return curves


def same(one: Rows, other: Rows) -> None:
    for a, b in zip(one._replace(outputs={}), other._replace(outputs={}), strict=True):
        assert np.array_equal(a, b, equal_nan=isinstance(a, np.ndarray) and a.dtype.kind == "f")
    assert one.outputs.keys() == other.outputs.keys()
    assert all((values == other.outputs[name]).all() for name, values in one.outputs.items())


@pytest.mark.parametrize("name", CELLS)
def test_the_mean_of_a_seeds_rows_is_its_recorded_error(name):
    experiment = CELLS[name]
    curves = curves_of(experiment)
    exact = experiment.dataset.task == "classification"
    for s, seed in enumerate(experiment.all_seeds):
        for code, part in enumerate(HELD_OUT):
            own = (curves.rows.seed == seed) & (curves.rows.part == code)
            for t, step in enumerate(curves.steps):
                mean = taken(curves.rows.errors, curves.rows.at.index(str(step)))[own].mean(dtype=float)
                recorded = curves.metrics[f"{part}/error"][t, s]
                assert mean == recorded if exact else mean == pytest.approx(recorded, rel=1e-6)


@pytest.mark.parametrize("name", CELLS)
def test_a_rules_errors_are_those_of_the_step_that_it_takes(name):
    experiment = CELLS[name]
    curves = curves_of(experiment)
    table = seed_table(curves, experiment.selection)
    rules, own = rules_of(experiment.selection, PARTS)
    assert curves.rows.own == own
    assert (table[own] == table[OWN]).all()
    for rule in rules:
        for seed, step in zip(table.seed, table[rule], strict=True):
            rows = curves.rows.seed == seed
            at_rule, at_step = (taken(curves.rows.errors, curves.rows.at.index(str(at)))[rows] for at in (rule, step))
            assert np.array_equal(at_rule, at_step)


def test_rows_are_told_by_their_numbers_in_the_dataset():
    experiment = CELLS["folds of two sizes"]
    curves = curves_of(experiment)
    for seed in experiment.all_seeds:
        parts = experiment.split(experiment.dataset, seed)
        for code, part in enumerate(HELD_OUT):
            own = (curves.rows.seed == seed) & (curves.rows.part == code)
            assert curves.rows.row[own].tolist() == sorted(getattr(parts, part))
    at_test = curves.rows.part == 1
    assert sorted(curves.rows.row[at_test]) == list(range(len(experiment.dataset.x)))  # each once in three folds


def test_the_rows_of_a_network_that_diverged_are_wrong_or_nan():
    with np.errstate(all="ignore"):
        for data, expected in ((wine(), [True]), (diabetes(), [np.nan])):
            curves = curves_of(experiment_of(data, QUICK | {"optimizer": SGD(1e20)}))
            assert (curves.diverged_at >= 0).any()
            lost = np.isnan(curves.metrics["test/error"][-1])
            assert lost.any()
            last = taken(curves.rows.errors, curves.rows.at.index("selected/last"))
            for seed in np.array(curves.seeds)[lost]:
                found = last[(curves.rows.seed == seed) & (curves.rows.part == 1)]
                assert np.array_equal(np.unique(found), expected, equal_nan=found.dtype.kind == "f")


def test_values_are_kept_at_the_steps_that_rules_take_unless_all_are_asked_for():
    experiment = CELLS["values"]
    few, all_of_them = curves_of(experiment, Keep()), curves_of(experiment)
    assert few.rows.at == tuple(SELECTED + rule for rule in ("last", "best_validation", "oracle"))
    assert few.rows.errors.dtype == all_of_them.rows.errors.dtype == np.float32
    assert np.array_equal(few.rows.errors, at_only(all_of_them.rows, few.rows.at))
    assert had_by(few)[0] == frozenset()
    assert had_by(all_of_them)[0] == {"rows"}


def test_outputs_are_in_the_users_units():
    experiment = CELLS["values"]
    curves = curves_of(experiment, Keep(outputs=True))
    y = experiment.dataset.y[curves.rows.row]
    for rule, found in curves.rows.outputs.items():
        squared = ((found - y) ** 2).sum(axis=1)
        assert squared == pytest.approx(taken(curves.rows.errors, curves.rows.at.index(rule)), rel=1e-4, abs=1e-2)
    scores = curves_of(CELLS["classes"], Keep(outputs=True)).rows
    wrong = scores.outputs[scores.own].argmax(axis=1) != wine().y.argmax(axis=1)[scores.row]
    assert (wrong == taken(scores.errors, scores.at.index(scores.own))).all()


@pytest.mark.parametrize("name", ["classes", "values", "somebody's rule"])
def test_rows_do_not_depend_on_the_stack(name):
    experiment = CELLS[name]
    keep = Keep(rows=True, outputs=True, weights=None)
    together, apart = curves_of(experiment, keep), curves_of(experiment, keep, replicas=1)
    same(together.rows, apart.rows)
    assert all((together.weights[seed] == apart.weights[seed]).all() for seed in experiment.all_seeds)


@pytest.mark.parametrize("name", CELLS)
def test_rows_survive_the_journal_the_record_and_being_taken_apart(name, tmp_path):
    curves = curves_of(CELLS[name], Keep(rows=True, outputs=True, weights=frozenset({1})))
    assert curves.weights.keys() == {1}
    replayed = journal.from_bytes(journal.as_bytes(curves))
    same(replayed.rows, curves.rows)
    assert replayed.weights.keys() == {1}
    assert (replayed.weights[1] == curves.weights[1]).all()
    write_rows(tmp_path / ROWS, curves.rows)
    same(from_row_table(read_rows(tmp_path / ROWS)), curves.rows)
    pieces = [of_seeds(curves, [2]), of_seeds(replayed, [1, 0])]
    again = joined(pieces, curves.seeds)
    same(again.rows, curves.rows)
    assert again.weights.keys() == {1}


def test_seeds_recorded_with_fewer_evaluations_join_those_with_all():
    experiment = CELLS["classes"]
    thin, whole = of_seeds(curves_of(experiment, Keep(evaluations=3)), [0, 1]), of_seeds(curves_of(experiment), [2])
    assert len(thin.rows.at) == 3 + 3
    assert had_by(thin)[0] == frozenset()
    mixed = joined([whole, thin], experiment.all_seeds)
    assert mixed.rows.at == thin.rows.at
    expected = curves_of(experiment).rows
    same(mixed.rows, expected._replace(at=thin.rows.at, errors=at_only(expected, thin.rows.at)))


def test_reports_read_one_step_at_a_time():
    curves = curves_of(CELLS["classes"])
    table = row_table(curves.rows)
    own = frame(table)
    assert list(own.columns) == ["seed", "part", "row", "error"]
    means = own.groupby(["seed", "part"], observed=True)["error"].mean().unstack()
    assert means["test"].tolist() == curves.metrics["test/error"][-1].tolist()
    assert means["validation"].tolist() == curves.metrics["validation/error"][-1].tolist()
    first = frame(table, "0").query("part == 'test'").groupby("seed").error.mean()
    assert first.tolist() == curves.metrics["test/error"][0].tolist()
    with pytest.raises(Unreadable, match=r"kept at 0, 1, 2, .*selected/oracle, not at '3'"):
        frame(table, "3")


def changed(table, **columns):
    import pyarrow as pa

    whole = {name: table[name] for name in table.column_names if columns.get(name, "") is not None}
    return pa.table(whole | {k: v for k, v in columns.items() if v is not None}).replace_schema_metadata(
        table.schema.metadata
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace_schema_metadata({}), "does not say at which steps"),
        (lambda t: t.replace_schema_metadata({"errors": "{"}), "does not say at which steps"),
        (lambda t: t.replace_schema_metadata({"errors": '{"at": ["0"], "own": "1"}'}), "does not say at which steps"),
        (
            lambda t: t.replace_schema_metadata({"errors": '{"at": ["0"], "own": "0"}'}),
            "must have one bit for each of 1",
        ),
        (lambda t: changed(t, row=None), "no column 'row' of whole numbers"),
        (lambda t: changed(t, part=["train"] * len(t)), "no column 'part' of validation and test"),
        (lambda t: changed(t, wrong=None), "it has no numbers '0'"),
        (lambda t: changed(t, wrong=[None] * len(t)), "it has empty cells"),
        (None, "rows.parquet, cannot be read: .*[^.]; run its command again"),
    ],
)
def test_a_table_of_rows_that_is_none_is_told(change, message, tmp_path):
    import pyarrow.parquet as pq

    table = row_table(curves_of(experiment_of(wine(), QUICK | {"evaluate_at": Geometric(10), "seeds": 1})).rows)
    if change is None:
        (tmp_path / ROWS).write_bytes(b"PAR1")
    else:
        pq.write_table(change(table), tmp_path / ROWS)
    with pytest.raises(Unreadable, match=message):
        read_rows(tmp_path / ROWS)


def test_what_every_row_takes_has_a_bound_above_which_evaluations_are_left_out(monkeypatch):
    monkeypatch.setattr(thinning, "BOUND", 10**6)
    cell = experiment_of(wine(), QUICK | {"evaluate_at": Listed(tuple(range(99)), "steps"), "epochs": 20, "seeds": 10})
    held = sum(cell.summary()[part] for part in HELD_OUT)
    per_cell = held * 10 * (1 + 13)  # a number, and 100 evaluations and 4 rules in bits
    few = thinning.BOUND // per_cell
    assert thinning.within_bound(Keep(), [cell] * few) == Keep()
    assert thinning.left_out(Keep(), [cell] * few) == ""
    many = [cell] * (3 * few)
    keep = thinning.within_bound(Keep(weights=None), many)
    assert keep == Keep(weights=None, evaluations=20)  # 20 and 4 rules are three bytes
    said = thinning.left_out(keep, many)
    assert said.startswith("errors of every row are kept at 20 of 100 evaluations, the first, the last and others")
    assert "about 3 MB, more than the 1 MB allowed" in said
    assert thinning.within_bound(Keep(rows=True), many) == Keep(rows=True)
    assert thinning.within_bound(Keep(), [cell] * (100 * few)).evaluations == 2
    values = experiment_of(diabetes(), QUICK)
    assert thinning.within_bound(Keep(), [values] * (100 * few)) == Keep()


def test_a_thousand_cells_of_the_default_study_take_less_than_fifty_megabytes(tmp_path):
    from experiments.data.datasets import digits

    cell = experiment_of(digits(), QUICK | {"split": Holdout(150, 150, 750), "seeds": 10, "evaluate_at": Geometric(12)})
    write_rows(tmp_path / ROWS, curves_of(cell).rows)
    assert (tmp_path / ROWS).stat().st_size * 1000 < 50e6 / 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], Keep()),
        ("rows", Keep(rows=True)),
        (["weights"], Keep(weights=None)),
        (["weights:0", 3, 12], Keep(weights=frozenset({0, 3, 12}))),
        (["weights:5", "outputs", "weights:7"], Keep(outputs=True, weights=frozenset({5, 7}))),
        (["weights", "weights:7"], Keep(weights=None)),
    ],
)
def test_what_is_asked_for_is_understood(words, expected):
    assert to_keep(words) == expected


@pytest.mark.parametrize("words", [["row"], [3], ["rows", 3], ["weights:-1"], ["weights:a"], ["rows:1"], [None], 3, {}])
def test_what_cannot_be_kept_is_refused(words):
    with pytest.raises(ValueError, match=r"execution.keep has .*; it must list some of rows, outputs, weights"):
        to_keep(words)


def test_who_asks_for_less_than_a_run_has_is_served_by_it():
    assert set(all_names("a", {"rows", "weights"})) == {"a", "a+rows", "a+weights", "a+rows+weights"}
    of_all, of_some = Keep(weights=None), Keep(weights=frozenset({0, 9}))
    assert of_all.cell_named("c", [0, 1]) == ["c+weights"]
    assert of_some.cell_named("c", [0, 1]) == ["c+weights:0", "c+weights"]
    assert of_some.cell_named("c", [0, 9]) == ["c+weights"]
    assert of_some.cell_named("c", [1]) == Keep().cell_named("c", [1]) == ["c"]
    assert of_some.seeds_named({0: "x", 1: "y"}) == {0: "x+weights", 1: "y"}
    assert named_of_cell("c", {0: frozenset({"rows"}), 1: frozenset()}) == ["c"]


def test_the_last_step_is_one_rule_among_others():
    assert rules_of(Last(), PARTS)[1] == "selected/last"
    assert rules_of(BestValidation(), PARTS)[1] == "selected/best_validation"
    assert rules_of(BestValidation("error"), PARTS)[1] == OWN
    assert list(rules_of(Last(), ["train", "test"])[0]) == ["selected/last", "selected/oracle"]


def test_the_page_says_where_evaluations_are_left_out():
    sweep = many(2)
    assert "Rows" not in recipe(sweep)
    assert recipe(sweep._replace(tags={THINNED: "kept at 20 of 100"}))["Rows"] == "kept at 20 of 100"
