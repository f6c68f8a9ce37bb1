"""A sweep confirmed on new seeds: verdicts and selection by hand, and what is said where the first sweep is gone."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from reports.build import report
from reports.comparison import compare
from reports.confirmation import confirmation, welch
from reports.confirmed import confirmation_rows, confirmed_in_sentences, what_is_new
from reports.figures.confirmation import side_by_side
from reports.figures.figure import specification
from reports.load import load_sweep
from reports.page import recipe
from reports.schema import CONFIRMS, CURVES, FORMAT, SEEDS
from tests.reports.made import Store, curves_of, in_two, swept

AXES = ["regularizer", "penalty.strength"]
NOISE = np.array([-3, 1, 2, -2, 3, -1, 2, -2]) / 1000  # of mean 0, over eight seeds


def sweep_of(cells, seeds, confirms=(), params=None):
    """cells: (regularizer, strength) → validation error, and test errors by seed. `confirms`: the names of confirmed cells."""
    rows, records = [], []
    for (arm, strength), (validation, errors) in cells.items():
        axes = {"regularizer": arm} | ({"penalty.strength": strength} if strength else {})
        name = " ".join(filter(None, (arm, strength)))
        record = {"run_id": f"{name}-{seeds[0]}".replace(" ", "-"), "name": name, "axes": axes, "status": "FINISHED"}
        records.append(record | ({CONFIRMS: f"{name}-0".replace(" ", "-")} if name in confirms else {}))
        for seed, error in zip(seeds, errors, strict=True):
            row = {"seed": seed, "step": 1, "epoch": 1.0, "selected": True, "cell": name, "arm": arm}
            row |= {"train/error": 0.0, "validation/error": validation, "test/error": error, "gap/error": error}
            row |= {"train/loss": 0.1, "validation/loss": validation, "test/loss": error, "diverged_at": -1}
            rows.append(row | {"axis/regularizer": arm, "axis/penalty.strength": strength})
    study = {
        "name": "made",
        "question": "Is it so?",
        "baseline": {"regularizer": "none"},
        "choose": ["penalty.strength"],
    }
    told = {"tags": {}, "params": {"data.task": "classification", **(params or {})}, "failed": []}
    return swept(pd.DataFrame(rows), name=f"made {seeds[0]}", study=study, axes=AXES, cells=records, **told)


def cells_of(differences, chosen="0.1"):
    """Every arm at two strengths: at 0.1 with these differences from the baseline, at 0.2 without any; `chosen` validates best."""
    none = 0.2 + 10 * NOISE
    found = {("none", ""): (0.2, none)}
    for n, (arm, difference) in enumerate(differences.items()):
        own = np.roll(NOISE, n + 1)
        for strength, more in (("0.1", difference), ("0.2", 0.0)):
            found[arm, strength] = (0.1 if strength == chosen else 0.2, none + more + own)
    return found


def confirmed(old, new, lacking=(), **more):
    """A sweep on the seeds 10–17, beside the one that it confirms on the seeds 0–7."""
    first = sweep_of(cells_of(old), range(8))
    names = [name for name in (cell["name"] for cell in first.cells) if name not in lacking]
    now = sweep_of(cells_of(new, chosen="0.2"), range(10, 18), names, **more)
    return now._replace(confirms="first", first=first)


def test_crossed_seeds_of_the_first_sweep_count_once_a_split():
    """Eight seeds of four splits and two initial weights each are four values, the means of two networks."""
    sweep = confirmed({"good": -0.02}, {"good": -0.015})
    crossing = {"crossed": {"split": 4, "init": 2}}
    first = sweep.first._replace(cells=[cell | crossing for cell in sweep.first.cells])
    (good,) = confirmation(sweep._replace(first=first)).pairs
    assert (good.first.difference.n, good.new.difference.n) == (4, 8)
    assert (good.selection.n, good.selection.mean) == (4, pytest.approx(-0.005))


OLD = {"good": -0.02, "lucky": -0.02, "worse": 0.02, "none2": 0.0}
NEW = {"good": -0.015, "lucky": 0.0, "worse": -0.02, "none2": -0.02}


def test_each_arm_is_judged_at_the_value_that_the_first_sweep_chose():
    """On the new seeds validation would choose 0.2, where there is no difference: nothing would be confirmed."""
    found = confirmation(confirmed(OLD, NEW))
    assert [pair.chosen for pair in found.pairs] == ["strength=0.1"] * 4
    assert [pair.first.difference.mean for pair in found.pairs] == pytest.approx([-0.02, -0.02, 0.02, 0.0])
    assert [pair.new.difference.mean for pair in found.pairs] == pytest.approx([-0.015, 0.0, -0.02, -0.02])
    assert [row.cell for row in compare(confirmed(OLD, NEW)).rows[1:]] == [f"{arm} 0.2" for arm in OLD]


def test_confirmed_is_told_twice_on_the_same_side():
    verdicts = {pair.name: pair.verdict for pair in confirmation(confirmed(OLD, NEW)).pairs}
    assert verdicts == {
        "good": "confirmed",
        "lucky": "not confirmed",
        "worse": "contradicted",
        "none2": "undecided",
    }


def test_told_is_what_the_whole_family_tells():
    """Alone, a difference of 2.2 thousandths has p = 0.039; beside seven other arms without any, it is undecided."""
    others = {f"arm{n}": 0.0 for n in range(7)}
    found = confirmation(confirmed({"weak": -0.0022, **others}, NEW | {"weak": -0.01, **others}))
    assert found.pairs[0].first.difference.p < 0.05 < found.pairs[0].first.together.p
    assert found.pairs[0].verdict == "undecided"


def test_the_first_results_are_those_of_the_first_page():
    sweep = confirmed(OLD, NEW)
    on_its_page = {row.arm: row.pair[2:4] for row in compare(sweep.first).rows if row.pair}
    assert {pair.name: pair.first[2:4] for pair in confirmation(sweep).pairs} == on_its_page


def test_selection_is_what_was_not_found_again_by_hand():
    """Told at first: good and lucky 2 points lower, worse 2 points higher, on average 2 points of difference.

    Found again in those directions: 1.5, 0 and −2, on average −1/6; so that 2 + 1/6 points were selection or chance.
    """
    found = confirmation(confirmed(OLD, NEW))
    assert found.at_first.mean == pytest.approx(0.02)
    assert found.again.mean == pytest.approx((0.015 + 0.0 - 0.02) / 3)
    assert found.selection.mean == pytest.approx(0.02 + 0.005 / 3)
    assert [pair.selection.mean for pair in found.pairs] == pytest.approx([-0.005, -0.02, 0.04, 0.02])


def test_the_interval_of_selection_is_welchs():
    draw = np.random.default_rng(0)
    ours, theirs = draw.normal(0, 1, 7), draw.normal(0.5, 3, 11)
    expected = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.95)
    found = welch(ours, theirs)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert np.isnan(welch(ours[:1], theirs).low)
    assert welch(np.ones(3), np.zeros(3))[:3] == (1.0, 1.0, 1.0)


def test_the_sentences_count_what_was_decided_and_what_was_found_again():
    sweep = confirmed(OLD, NEW)
    (said,) = confirmed_in_sentences(sweep, compare(sweep))
    assert said.startswith(
        "On 8 seeds never used before, of the 3 differences that the first sweep decided, with the values that it chose: "
        "confirmed: good (−1.50 points); not confirmed: lucky (+0.00 points); contradicted: worse (−2.00 points)."
    )
    assert "Of the 2.00 points by which these 3 differed on average over the first 8 seeds, −0.17 [" in said
    assert "were found again; 2.17 [" in said
    assert said.rstrip().endswith("([low, high]: 95 % intervals over seeds, each alone).")
    nothing = confirmed(dict.fromkeys(OLD, 0.0), NEW)
    assert (
        "left every difference undecided: there is nothing to confirm"
        in confirmed_in_sentences(nothing, compare(nothing))[0]
    )


def test_an_arm_that_did_not_finish_on_new_seeds_is_named():
    sweep = confirmed(OLD, NEW, lacking=["good 0.1"])
    assert [pair.name for pair in confirmation(sweep).pairs] == ["lucky", "worse", "none2"]
    assert "Not run to the end on new seeds: good." in confirmed_in_sentences(sweep, compare(sweep))[0]
    without = confirmed(OLD, NEW, lacking=["none"])
    assert confirmation(without).pairs == []
    assert side_by_side(without, compare(without)) is None


def test_where_the_first_sweep_is_gone_it_is_said_and_the_rest_is_shown():
    sweep = confirmed(OLD, NEW)._replace(first=None)
    (said,) = confirmed_in_sentences(sweep, compare(sweep))
    assert "(run first) is no longer in this store" in said
    assert confirmation_rows(sweep, compare(sweep)) == []
    assert "a sweep that is no longer here" in recipe(sweep)["Confirms"]
    alone = sweep._replace(confirms="")
    assert confirmed_in_sentences(alone, compare(alone)) == []
    assert "Confirms" not in recipe(alone)


def test_table_and_figure_have_both_results_side_by_side():
    sweep = confirmed(OLD, NEW)
    comparison = compare(sweep)
    rows = confirmation_rows(sweep, comparison)
    assert [row["verdict"] for row in rows] == [pair.verdict for pair in confirmation(sweep).pairs]
    assert rows[0]["first"].startswith("−2.00 [")
    assert rows[0]["new seeds"].startswith("−1.50 [")
    figure = side_by_side(sweep, comparison)
    assert figure.data["difference"].tolist()[:2] == pytest.approx([-2.0, -1.5])
    assert specification(figure)
    assert recipe(sweep)["Confirms"] == "“made 0” (run first), on the seeds 10 to 17, which no recorded cell of it had"


def test_what_new_seeds_share_with_the_first_is_said():
    sweep = confirmed(OLD, NEW)
    assert "divide the same examples anew" in what_is_new(sweep)
    assert "tested on the same ones" in what_is_new(confirmed(OLD, NEW, params={"split": "own"}))
    assert "do not divide the data anew" in what_is_new(confirmed(OLD, NEW, params={"vary": "['init', 'order']"}))
    own_data = [cell | {"redrawn": True} for cell in sweep.cells]
    assert "new data of this kind" in what_is_new(sweep._replace(cells=own_data))


class TwoSweeps(Store):
    """A store of two sweeps with a cell each; the second confirms the first."""

    def save_both(self):
        study = {"name": "made", "question": "Is it so?", "baseline": {}, "choose": []}
        for run, cell, confirms in (("first", "c0", None), ("second", "c1", "c0")):
            listed = {
                "run_id": cell,
                "name": "all",
                "axes": {},
                "status": "FINISHED",
                "data": "d",
                "task": "classification",
            }
            more = {CONFIRMS: "first"} if confirms else {}
            record = {"format": FORMAT, "name": run, "study": study, "axes": [], **more}
            record["cells"] = [listed | ({CONFIRMS: confirms} if confirms else {})]
            for run_id in (run, cell):
                self.artifacts(run_id).mkdir(parents=True)
            (self.artifacts(run) / "sweep.json").write_text(json.dumps(record), encoding="utf-8")
            tables = in_two(curves_of(np.random.default_rng(0), 3, 2, "classification"))
            for name, table in zip((CURVES, SEEDS), tables, strict=True):
                table.to_parquet(self.artifacts(cell) / name, index=False)


@pytest.fixture
def two(tmp_path):
    store = TwoSweeps(tmp_path, {"data.task": "classification"})
    store.save_both()
    return store


def test_the_first_sweep_is_read_by_its_run_from_the_store(two):
    sweep = load_sweep(two, "second")
    assert (sweep.confirms, sweep.first.name, sweep.first.first) == ("first", "first", None)
    assert load_sweep(two, "first").confirms == ""


def test_a_strangers_sweep_that_confirms_itself_is_read_once(two, tmp_path):
    file = tmp_path / "artifacts" / "second" / "artifacts" / "sweep.json"
    file.write_text(file.read_text().replace('"confirms": "first"', '"confirms": "second"'))
    assert load_sweep(two, "second").first.first is None


@pytest.mark.parametrize("gone", ["first/artifacts/sweep.json", "c0/artifacts/curves.parquet"])
def test_a_first_sweep_that_was_deleted_or_lost_a_cell_costs_only_itself(two, tmp_path, gone):
    (tmp_path / "artifacts" / gone).unlink()
    sweep = load_sweep(two, "second")
    assert (sweep.confirms, sweep.first) == ("first", None)


@pytest.mark.slow
def test_the_page_is_built_without_the_first_sweep(two, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    (tmp_path / "artifacts/first/artifacts/sweep.json").unlink()
    sweep = load_sweep(two, "second")
    with ThreadPoolExecutor(1) as beside:
        made = report(sweep, tmp_path / "page", beside)
    assert "is no longer in this store" in made.answer
    assert made.failures == []


def test_a_strangers_record_cannot_name_a_run_outside_the_store(two, tmp_path):
    from reports.schema.record import Unreadable

    file = tmp_path / "artifacts" / "second" / "artifacts" / "sweep.json"
    file.write_text(file.read_text().replace('"confirms": "first"', '"confirms": "../../first"'))
    with pytest.raises(Unreadable, match="is not the id of a run"):
        load_sweep(two, "second")
