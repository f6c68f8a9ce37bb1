"""A part may have no rows unless something needs them, and test rows may train where that is said."""

import numpy as np
import pytest

from backprop.network import MLP
from backprop.training import Recipe
from experiments import notebook
from experiments.config.errors import ConfigurationError
from experiments.data.datasets import diabetes, neal_regression, wine
from experiments.data.splits import Files, Holdout, KFold, Own, size_of
from experiments.recording.journal import as_bytes, from_bytes
from experiments.recording.plan import Cell, Plan, check_validated, kept_of
from experiments.study.about_data import about_data
from experiments.study.curves import mean_validation_error, seed_table
from experiments.study.evaluate_at import Geometric
from experiments.study.experiment import Experiment, natural_loss
from experiments.study.keep import Keep
from experiments.study.selection import BestValidation, Oracle
from experiments.study.study import Study
from reports.contents import contents
from tests.conftest import command
from tests.experiments.test_rows import curves_of


def experiment_on(data, split, **more):
    recipe = Recipe(network=MLP((3,)), loss=natural_loss(data), epochs=2, batch_size=20)
    cell = Experiment(data, recipe, split, seeds=more.pop("seeds", 2), evaluate_at=Geometric(3), **more)
    cell.check_data()
    return cell


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """Rows 0 to 49, 60 to 109 and 130 to 169 for training, the first twenty and 170 to 177 for testing."""
    monkeypatch.chdir(tmp_path)
    np.savetxt("train.txt", np.r_[0:50, 60:110, 130:170], fmt="%d")
    np.savetxt("test.txt", np.r_[0:20, 170:178], fmt="%d")


EMPTY = {"no validation": ("train", "test"), "no test": ("train", "validation"), "neither": ("train",)}


@pytest.mark.parametrize("data", [wine(), diabetes()], ids=lambda data: data.name)
@pytest.mark.parametrize("parts", EMPTY.values(), ids=EMPTY)
def test_what_has_no_rows_is_not_measured_and_all_else_is(data, parts):
    sizes = {part: 40 if part in parts else 0 for part in ("validation", "test")}
    curves = curves_of(experiment_on(data, Holdout(60, **sizes)))
    measured = {name.split("/")[0] for name in curves.metrics} & {"train", "validation", "test", "gap"}
    assert measured == {*parts, *(["gap"] if "test" in parts else [])}
    assert all(np.isfinite(values).all() for values in curves.metrics.values())
    table = seed_table(curves, experiment_on(data, Holdout()).selection)
    needs = {"selected/last": "train", "selected/best_validation": "validation", "selected/oracle": "test"}
    assert {name for name in table if name.startswith("selected/")} == {n for n, part in needs.items() if part in parts}
    assert ("validation/rise" in table) == ("validation" in parts)
    assert ("test/calibration_error" in table) == ("test" in parts and data.task == "classification")
    assert np.isfinite(mean_validation_error(curves, experiment_on(data, Holdout()).selection)) == (
        "validation" in parts
    )
    if parts == ("train",):
        assert curves.rows is None
    else:
        assert {("validation", "test")[code] for code in curves.rows.part} == set(parts) - {"train"}
    again = from_bytes(as_bytes(curves))
    assert again.metrics.keys() == curves.metrics.keys()


def test_a_missing_part_leaves_the_others_numbers_as_they_are(listed):
    np.savetxt("others.txt", np.r_[170:178, 50:60], fmt="%d")
    np.savetxt("some.txt", np.r_[110:130], fmt="%d")
    splits = [
        Files("train.txt", "others.txt", "some.txt"),
        Files("train.txt", "others.txt", 0),
        Files("train.txt", 0, 0),
    ]
    whole, untold, alone = (curves_of(experiment_on(wine(), split)).metrics for split in splits)
    assert whole.keys() > untold.keys() > alone.keys()
    for fewer in (untold, alone):
        for name, values in fewer.items():
            assert values == pytest.approx(whole[name], rel=1e-6)
    assert (Holdout(60, 30, 40)(wine(), 3).test == Holdout(60, 0, 40)(wine(), 3).test).all()


@pytest.mark.parametrize("split", [Own(0.5, 0), KFold(3, 0), Holdout(10, 0, 0)], ids=lambda split: type(split).__name__)
def test_every_split_may_leave_validation_out(split):
    parts = split(neal_regression(), 1)
    assert len(parts.validation) == 0
    assert parts.validation.dtype.kind == "i"


def test_where_all_other_rows_train_they_stand_in_their_own_order():
    parts = Own(1.0, 0)(neal_regression(), 3)
    assert parts.train.tolist() == list(range(100))
    assert Holdout(1.0, 0, 0)(wine(), 3).train.tolist() == list(range(178))


def test_zero_is_a_size_for_validation_and_test_alone():
    assert size_of("validation", 0, 10) == size_of("test", 0, 10) == 0
    with pytest.raises(ValueError, match="fraction between 0 and 1, or 0 for none"):
        size_of("test", -1, 10)
    with pytest.raises(ValueError, match=r"split.test is 0.0; .* or 0 for none"):
        size_of("test", 0.0, 10)


@pytest.mark.parametrize(
    ("selection", "split", "message"),
    [
        (BestValidation(), Holdout(60, 0, 40), r"selection is BestValidation, .* split.validation=0 leaves none; give"),
        (Oracle(), Holdout(60, 40, 0), r"selection is Oracle, which takes the step by test rows, and split.test=0"),
    ],
)
def test_a_rule_that_needs_rows_says_which_and_what_to_type(selection, split, message):
    with pytest.raises(ValueError, match=message + r".* or take selection=last"):
        experiment_on(wine(), split, selection=selection)


class Job:
    def __init__(self, **overrides):
        self.overrides = overrides


def plan_of(split, *strengths):
    jobs = [Job(**{"penalty.strength": strength}) for strength in strengths]
    cells = [Cell(job, experiment_on(wine(), split), None, Keep(), []) for job in jobs]
    return Plan(jobs, cells, dict(enumerate(cells)), {})


def test_a_study_that_chooses_and_a_sweeper_that_searches_need_validation_rows():
    choosing, plain = Study("s", "?", choose=["penalty.strength"]), Study("s", "?")
    with pytest.raises(ConfigurationError, match=r"study.choose names penalty.strength, .* study.choose=\[\]"):
        check_validated(choosing, plan_of(Holdout(60, 0, 40), "0.1", "1"), searched=False)
    with pytest.raises(ConfigurationError, match=r"hydra/sweeper searches .* hydra/sweeper=lab"):
        check_validated(plain, plan_of(Holdout(60, 0, 40), "0.1"), searched=True)
    check_validated(choosing, plan_of(Holdout(60, 0, 40), "0.1", "0.1"), searched=False)  # nothing to choose from
    check_validated(choosing, plan_of(Holdout(60, 40, 40), "0.1", "1"), searched=True)


def test_only_a_sweeper_that_goes_by_values_searches():
    from hydra_plugins.lab_sweeper import LabSweeperConf, searches

    assert not searches({"_target_": LabSweeperConf._target_})
    assert searches({"_target_": "hydra_plugins.hydra_optuna_sweeper.optuna_sweeper.OptunaSweeper"})


def test_nothing_of_rows_is_kept_where_none_is_held_out():
    everything = Keep(rows=True, outputs=True, weights=None)
    assert kept_of(experiment_on(wine(), Holdout(60, 0, 0)), everything) == Keep(weights=None)
    assert kept_of(experiment_on(wine(), Holdout(60, 0, 9)), everything) == everything


class Now:
    """An executor that draws nothing."""

    def submit(self, function, *arguments):
        return self

    def result(self):
        return None


def test_a_report_shows_what_there_is_and_says_what_is_missing():
    def made(split):
        sweep = notebook.run({"a": experiment_on(wine(), split), "b": experiment_on(wine(), split, seeds=[0, 1])}).sweep
        return contents(sweep, Now())

    without_validation = made(Holdout(60, 0, 40))
    assert without_validation.failures == []
    assert "ledger" in without_validation.findings.tables
    assert without_validation.findings.tables["ledger"] == []
    assert any(note.startswith("There are no validation rows") for note in without_validation.findings.notes)
    without_test = made(Holdout(60, 40, 0))
    assert without_test.failures == []
    assert without_test.answer.startswith(
        "Nothing is said of generalization, since no rows are for testing (split.test=0)"
    )
    assert list(without_test.findings.table[0]) == [
        *("", "train/error", "train/loss", "validation/error", "validation/loss", "seeds")
    ]
    without_both = made(Holdout(60, 0, 0))
    assert without_both.failures == []
    assert list(without_both.findings.table[0]) == ["", "train/error", "train/loss", "seeds"]
    some = notebook.run(
        {"a": experiment_on(wine(), Holdout(60, 40, 0)), "b": experiment_on(wine(), Holdout(60, 0, 40))}
    )
    mixed = contents(some.sweep, Now())
    assert mixed.failures == []
    assert "Without test rows, and so without a test error: a (L020)." in mixed.answer


def test_test_rows_that_train_are_refused_unless_that_is_said_and_then_the_page_says_it(listed):
    with pytest.raises(
        ValueError, match=r"the first is row 0; if training rows are to be tested on, type .*overlap=true"
    ):
        Files("train.txt", "test.txt", 0)(wine(), 0)
    parts = Files("train.txt", "test.txt", 0, overlap=True)(wine(), 0)
    assert len(np.intersect1d(parts.train, parts.test)) == 20
    cell = experiment_on(wine(), Files("train.txt", "test.txt", 10, overlap=True))
    assert about_data(cell)["overlap"] == 20
    answer = contents(notebook.run({"a": cell}).sweep, Now()).answer
    assert "20 of 28 test rows are for training or validation too (split.overlap)" in answer
    assert Files("train.txt", 0, 0)(wine(), 0).test.tolist() == []


def test_overlap_never_lets_validation_rows_train(listed):
    with pytest.raises(ValueError, match="in two parts"):
        Files("train.txt", "test.txt", "test.txt", overlap=True)(wine(), 0)


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [["split.validation=0"], ["split.test=0"], ["split.validation=0", "split.test=0"]])
def test_a_sweep_without_a_part_ends_in_a_page_and_its_cells_are_the_same_bits_again(lab, sizes):
    small = [
        "study=none",
        "dataset=iris",
        "epochs=2",
        "seeds=2",
        "regularizer=none,l2",
        "execution.keep=[rows,weights]",
    ]
    done = command(lab, *small, *sizes)
    assert done.returncode == 0, done.stderr
    again = command(lab, *small, *sizes)
    assert "2 cells are already recorded, 0 are new" in again.stderr
    same = command(lab, "l2", module="experiments.verify")
    assert "the same bits" in same.stdout, same.stderr
