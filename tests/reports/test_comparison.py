"""The choice among cells is made on validation data, whatever the test data say."""

import re
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.answer import table_rows, terminal_rows
from reports.build import check_replaceable
from reports.comparison import compare
from reports.figures.every import figures
from reports.formats import number
from reports.optimism import ledger
from reports.schema import RULES, SELECTED
from reports.schema.names import arm_name, arm_names
from reports.sentence import sentence
from reports.tables import markdown
from tests.reports.made import swept

SEEDS = range(8)


def sweep_of(cells, choose=("penalty.strength",), baseline=None, diverged=()):
    """cells: name → (axes, mean validation error, mean test error)."""
    draw = np.random.default_rng(0)
    shared = draw.normal(0, 0.05, len(SEEDS))  # what a split does to every cell
    study = {
        "name": "made",
        "question": "Is it so?",
        "baseline": {"regularizer": "none"} if baseline is None else baseline,
        "choose": list(choose),
    }
    axes = ["regularizer", "penalty.strength"]
    rows = []
    for name, (own, validation, test) in cells.items():
        for epoch in (0.0, 1.0):
            for seed in SEEDS:
                error = test + shared[seed] + draw.normal(0, 0.001)
                row = {"seed": seed, "step": int(epoch), "epoch": epoch, "selected": epoch == 1.0, "cell": name}
                row |= {"arm": arm_name(own, axes, choose), **{f"axis/{a}": own.get(a) for a in axes}}
                row |= {"train/error": 0.0, "validation/error": validation, "test/error": error, "gap/error": error}
                row |= {"train/loss": 0.01, "validation/loss": validation, "diverged_at": -1}
                if (name, seed) in diverged:
                    row |= {key: np.nan for key in row if key.endswith(("/error", "/loss"))} | {"diverged_at": 1}
                rows.append(row)
    curves = pd.DataFrame(rows)
    records = [
        {"run_id": str(i), "name": name, "axes": own, "status": "FINISHED"}
        for i, (name, (own, _, _)) in enumerate(cells.items())
    ]
    told = {"tags": {}, "params": {"data.task": "classification"}, "failed": []}
    return swept(curves, name="made now", study=study, axes=axes, cells=records, **told)


CELLS = {
    "none": ({"regularizer": "none"}, 0.30, 0.30),
    "weak": ({"regularizer": "l2", "penalty.strength": "0.1"}, 0.20, 0.25),
    "strong": ({"regularizer": "l2", "penalty.strength": "0.2"}, 0.22, 0.10),  # best on test, not on validation
}


def test_the_strength_is_chosen_on_validation_data_never_on_test_data():
    none, l2 = compare(sweep_of(CELLS)).rows
    assert (l2.arm, l2.cell, l2.chosen) == ("l2", "weak", "strength=0.1")
    assert none.difference is None
    assert l2.difference.mean == pytest.approx(-0.05, abs=0.002)
    assert l2.difference.high < 0  # paired: the spread of splits, 50 times larger, cancels
    assert l2.p == pytest.approx(2 / 2**8)


def test_of_cells_that_tie_the_first_of_the_sweep_is_chosen_unless_the_loss_decides():
    tied = {name: ({"regularizer": "l2", "penalty.strength": name[-1]}, 0.2, 0.2) for name in ("z1", "a2", "m3")}
    sweep = sweep_of(tied)
    assert compare(sweep).rows[0].cell == "z1"
    losses = sweep.results.cell.map({"z1": 0.3, "a2": 0.2, "m3": 0.1})
    assert compare(sweep._replace(results=sweep.results.assign(**{"validation/loss": losses}))).rows[0].cell == "m3"


def test_a_choice_is_told_without_the_first_word_of_its_axis():
    cells = {"d": ({"regularizer": "dropout", "noise.hidden.rate": "0.2"}, 0.2, 0.2)}
    (row,) = compare(sweep_of(cells, choose=("noise.hidden.rate",))).rows
    assert row.chosen == "hidden.rate=0.2"


def test_a_seed_that_diverged_at_the_start_has_diverged():
    sweep = sweep_of(CELLS)
    at_the_start = sweep.results.diverged_at.where(sweep.results.seed > 0, 0)
    rows = compare(sweep._replace(results=sweep.results.assign(diverged_at=at_the_start))).rows
    assert [row.diverged for row in rows] == [1, 1]


def test_a_chosen_value_may_hold_spaces_and_equals_signs():
    compared = compare(sweep_of({"net": ({"regularizer": "l2", "penalty.strength": "[16, a=8]"}, 0.2, 0.2)}))
    assert compared.rows[0].chosen == "strength=[16, a=8]"
    assert terminal_rows(compared)[0][0]["chosen"] == "[16, a=8]"


def test_a_difference_that_rounds_to_none_has_no_minus():
    same = compare(sweep_of({"none": CELLS["none"], "l2": ({"regularizer": "l2"}, 0.3, 0.3)}, choose=()))
    assert number(-1e-18, same, sign=True) == "+0.00"
    assert number(-1e-18, same) == "0.00"


def test_where_nothing_is_chosen_no_column_says_so():
    chosen, free = (compare(sweep_of(CELLS, choose=choose)) for choose in (("penalty.strength",), ()))
    assert all("chosen" in rows[0] for rows in (table_rows(chosen), terminal_rows(chosen)[0]))
    assert not any("chosen" in rows[0] for rows in (table_rows(free), terminal_rows(free)[0]))


def test_the_sentence_says_what_differs_and_what_cannot_be_told():
    comparison = compare(sweep_of({**CELLS, "same": ({"regularizer": "l1", "penalty.strength": "0.1"}, 0.3, 0.30)}))
    answer = sentence(comparison)
    assert "lower test error: l2 (−" in answer
    assert "\nUndecided: l1 (+0.0" in answer or "\nUndecided: l1 (−0.0" in answer
    assert "can decide nothing" not in answer  # eight seeds can decide
    assert "| l2 | strength=0.1 |" in markdown(table_rows(comparison))


def test_with_a_smallest_effect_every_arm_has_one_of_four_words():
    """Eight seeds, sd of differences 0.001, so that intervals are within 0.005 of −0.05, 0 and 0.03; 0.04 is what matters."""
    cells = {
        "none": ({"regularizer": "none"}, 0.3, 0.30),
        "l2": ({"regularizer": "l2"}, 0.3, 0.25),
        "l1": ({"regularizer": "l1"}, 0.3, 0.30),
        "noise": ({"regularizer": "noise"}, 0.3, 0.33),
        "worse": ({"regularizer": "worse"}, 0.3, 0.36),
    }
    sweep = sweep_of(cells, choose=())
    lines = sentence(compare(sweep._replace(study={**sweep.study, "smallest_effect": 0.04}))).split("\n")
    assert re.sub(r" \(.[\d.]+ points\)", "", lines[0]).endswith(
        "better: l2; worse: worse; equivalent, within ± 4 points: l1, noise."
    )
    assert not any(line.startswith("Undecided") for line in lines)
    small = sentence(compare(sweep._replace(study={**sweep.study, "smallest_effect": 1e-6})))
    assert "Undecided: l1" in small
    assert "intervals over seeds include 0 and differences beyond ± 0.0001 points" in small
    plain = sentence(compare(sweep)).split("\n")
    assert "lower test error: l2" in plain[0]
    assert "higher test error: noise" in plain[0]


def test_too_few_seeds_are_called_too_few_and_how_many_would_do():
    """A difference of 97 points over 4 seeds: the least p is 2/2⁴ = 0.125, so it is undecided, and nothing says that it is none."""
    sweep = few_seeds(sweep_of({"none": ({"regularizer": "none"}, 0.9, 0.97), "weak": CELLS["weak"]}), 4)
    results = sweep.results.assign(**{"test/error": sweep.results.cell.map({"none": 0.97, "weak": 0.0})})
    answer = sentence(compare(sweep._replace(results=results)))
    assert answer == (
        "On these data, over 4 seeds, against the baseline none: no arm is decided.\n"
        "Undecided: l2 (−97.00 points); below 6 seeds the sign-flip test can decide nothing: take more (seeds=6).\n"
        "What holds on new data of this kind is not known: it is not recorded which training rows seeds have in common."
    )


def test_an_arm_of_too_few_seeds_is_told_from_one_whose_difference_is_small():
    """l2 keeps 3 of its seeds: no difference of its own could be told, l1's could."""
    cells = {**CELLS, "same": ({"regularizer": "l1"}, 0.3, 0.30)}
    gone = {(cell, seed) for cell in ("weak", "strong") for seed in SEEDS if seed > 2}
    answer = sentence(compare(sweep_of(cells, diverged=gone)))
    assert "below 6 seeds (l2) the sign-flip test can decide nothing" in answer
    assert "l1" in answer.partition("Undecided: ")[2].partition(";")[0]


def test_a_sentence_over_very_many_arms_stays_one():
    cells = {f"c{i}": ({"regularizer": f"r{i}"}, 0.3, 0.3) for i in range(40)}
    answer = sentence(compare(sweep_of({"none": CELLS["none"]} | cells)))
    assert " and 28 more" in answer
    assert len(answer) < 900


@pytest.mark.slow
def test_ten_thousand_arms_are_compared_in_seconds():
    """Once a filter of the whole table an arm, which took minutes; measured: 2 s."""
    count = 10_000
    one = sweep_of({"none": CELLS["none"]}, choose=())
    names = [f"r{i}" for i in range(count)]

    def big(table):
        whole = pd.concat([table] * count, ignore_index=True)
        return whole.assign(**dict.fromkeys(("cell", "arm"), np.repeat(np.array(names, object), len(table))))

    cells = [{**one.cells[0], "name": name, "axes": {"regularizer": name}} for name in names]
    seeds = one.seeds.assign(**{SELECTED + rule: one.seeds.selected for rule in RULES})
    tables = {"curves": big(one.curves), "results": big(one.results), "seeds": big(seeds)}
    sweep = one._replace(cells=cells, study={**one.study, "baseline": {}}, **tables)
    start = time.perf_counter()
    comparison = compare(sweep)
    sentence(comparison)
    ledger(sweep, comparison)
    assert time.perf_counter() - start < 30


def few_seeds(sweep, n):
    return sweep._replace(results=sweep.results[sweep.results.seed < n], curves=sweep.curves[sweep.curves.seed < n])


SEVERAL = sweep_of(
    {f"r{i}": ({"regularizer": f"r{i}"}, 0.3, 0.3) for i in range(4)}, choose=(), baseline={"regularizer": "r0"}
)
ERRORS = st.lists(st.floats(-1, 1, width=32) | st.just(np.nan), min_size=8, max_size=8)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ERRORS, st.sampled_from([-3, 0, 3])), min_size=4, max_size=4), st.booleans())
def test_the_sentence_never_contradicts_the_table(arms, classification):
    """Whatever the errors: lower and higher are the arms with p < 0.05 in the table; all others that have a difference are undecided."""
    errors = np.array([np.add(own, shift) for own, shift in arms]).ravel()  # arm by arm, seed by seed, as the results
    task = {"data.task": "classification" if classification else "regression"}
    comparison = compare(SEVERAL._replace(results=SEVERAL.results.assign(**{"test/error": errors}), params=task))
    answer, table = sentence(comparison), {row[""]: row for row in table_rows(comparison)}
    said, tested = told(answer), any(row.difference.n > 1 for row in comparison.rows[1:])
    for row in comparison.rows[1:]:
        if tested and row.difference.n:
            p, shown = table[row.arm]["p"], table[row.arm]["test/error − r0"].split(" ")[0]
            decided = p.startswith("<") or (p != "–" and float(p) < 0.05)
            direction = "lower test error" if row.difference.mean < 0 else "higher test error"
            assert said[row.arm] == (direction if decided else "undecided", shown)
        else:
            assert row.arm not in said
    assert "no difference" not in answer
    assert "nan" not in answer


def told(answer):
    """What a sentence says of each arm: lower, higher or undecided, and the difference."""
    found: dict[str, tuple[str, str]] = {}
    for words in ("lower test error", "higher test error", "Undecided"):
        listed = re.search(rf"{words}: ([^;]*?\))(?=[;.])", answer)
        pairs = re.findall(r"(r\d) \((\S+?)(?: points)?\)", listed[1]) if listed else []
        found |= {arm: (words.lower(), value) for arm, value in pairs}
    return found


def test_a_diverged_seed_is_counted_and_its_cell_is_not_chosen():
    sweep = sweep_of(CELLS, diverged={("weak", 3), ("none", 2)})
    none, l2 = compare(sweep).rows
    assert l2.cell == "strong"
    assert none.diverged == 1
    assert none.test_error.n == 7
    assert l2.difference.n == 7


def test_an_arm_that_diverged_is_said_to_have_and_is_no_missing_difference():
    sweep = sweep_of(CELLS, choose=(), diverged={("strong", seed) for seed in SEEDS} | {("weak", 1)})
    answer = sentence(compare(sweep))
    assert "l2 strength=0.2: all 8 seeds diverged (L003)." in answer
    assert "l2 strength=0.1: 1 of 8 seeds diverged; its averages are over the others (L003)." in answer
    assert "no difference" not in answer
    assert "nan" not in answer


def test_cells_of_other_data_are_not_compared():
    sweep = sweep_of(CELLS, choose=())
    sweep.cells[2]["data"] = "other"
    _, weak, strong = compare(sweep).rows
    assert weak.difference is not None
    assert strong.difference is None
    assert (
        "Not compared with the baseline, since their data or sources of chance differ: l2 strength=0.2 (L010)."
        in sentence(compare(sweep))
    )
    sweep.cells[2]["task"] = "regression"
    assert not compare(sweep).percent


def test_a_baseline_that_is_not_in_the_sweep_is_not_replaced_silently():
    warned = sentence(compare(sweep_of(CELLS, baseline={"regularizer": "nonne"})))
    assert "The study's baseline, regularizer=nonne, is not in this sweep; none stands in for it (L011)." in warned
    by_number = compare(sweep_of(CELLS, choose=(), baseline={"regularizer": "l2", "penalty.strength": 1e-1}))
    assert by_number.baseline == "l2 strength=0.1"  # 1e-1 is 0.1


def test_each_arm_is_compared_with_the_baseline_at_its_own_other_axes():
    def axes(regularizer, strength):
        return {"regularizer": regularizer, "penalty.strength": strength}

    cells = {f"{r} {s}": (axes(r, s), 0.3, 0.3) for r in ("none", "l2") for s in ("1", "2")}
    comparison = compare(sweep_of(cells, choose=()))
    assert {row.arm: row.baseline for row in comparison.rows if row.difference} == {
        "l2 strength=1": "none strength=1",
        "l2 strength=2": "none strength=2",
    }


def test_selecting_on_the_test_set_is_said():
    sweep = sweep_of(CELLS)
    assert "these errors are optimistic" in sentence(
        compare(sweep._replace(params={**sweep.params, "selection": "oracle"}))
    )
    assert "optimistic" not in sentence(compare(sweep))


def test_a_folder_with_other_files_is_not_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="holds files that are not part of a report"):
        check_replaceable(tmp_path)
    (tmp_path / "thesis.txt").unlink()
    check_replaceable(tmp_path)
    check_replaceable(tmp_path / "new")


def test_without_a_baseline_the_first_cell_serves():
    comparison = compare(sweep_of(CELLS, choose=(), baseline={}))
    assert comparison.baseline == "none"
    assert [row.arm for row in comparison.rows] == ["none", "l2 strength=0.1", "l2 strength=0.2"]


def test_every_figure_is_a_valid_specification_and_keeps_its_data():
    sweep = sweep_of(CELLS)
    made = {figure.name: figure for figure in figures(sweep, compare(sweep))}
    assert set(made) == {
        "differences",
        "seed_differences",
        "interval_width",
        "seeds",
        "strengths",
        "own_choice",
        "learning_curves",
        "gap",
    }
    for figure in made.values():
        figure.chart.to_dict()  # raises where it breaks Vega-Lite's schema
        assert len(figure.data)
        assert figure.caption.endswith(".")


def test_arms_at_different_stages_of_training_are_noted():
    sweep = sweep_of(CELLS)
    edge = compare(sweep).notes  # that the strength chosen is the least of those tried, and that none had one try
    assert len(edge) == 2
    late = sweep.curves[(sweep.curves.cell == "weak") & (sweep.curves.step == 1)].assign(step=7)
    (note,) = [n for n in compare(sweep._replace(curves=pd.concat([sweep.curves, late]))).notes if n not in edge]
    assert note == "Trained for different numbers of steps: none 1, l2 7 (L006)."
    results = sweep.results.assign(**{"train/error": sweep.results.cell.map({"none": 0.0, "weak": 0.1, "strong": 0.0})})
    (note,) = [n for n in compare(sweep._replace(results=results)).notes if n not in edge]
    assert note == "Only some arms fit the training examples without error: none do, l2 do not (L007)."


def test_cells_of_a_union_grid_that_share_a_word_have_names_of_their_own():
    places = [{"noise@noise.hidden": "dropout"}, {"noise@noise.inputs": "dropout"}, {"penalty": "l2", "strength": "1"}]
    axes = ["noise@noise.hidden", "noise@noise.inputs", "penalty", "strength"]
    assert arm_names(places, axes, ["strength"]) == ["hidden=dropout", "inputs=dropout", "l2"]
    both = [{"penalty": "none"}, {"constraint": "none"}, {"penalty": "none", "epochs": "3"}]
    names = arm_names(both, ["penalty", "constraint", "epochs"], [])
    assert names == ["penalty=none", "constraint=none", "none epochs=3"]
