"""Seeds that cross sources of chance: what each draws, what it is known by, what cannot be crossed, and what is reported."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from backprop.losses import SquaredError
from backprop.network import MLP
from experiments import CONF
from experiments.config.building import build, draft
from experiments.costs.loads import loads_of
from experiments.data.datasets import csv, iris, linear_system
from experiments.data.splits import Holdout, Own
from experiments.notebook import Experiment, Recipe, run
from experiments.recording.cells import independent
from experiments.recording.identity import chance, identity
from experiments.study.about_data import about_data
from experiments.study.calculation import Calculation
from experiments.study.evaluate_at import Geometric
from experiments.study.theories.descent import Descent
from experiments.training.evaluation import run as trained
from experiments.training.tasks import tasks
from reports.by_source import by_source
from reports.claims.evidence import Measured, values_of
from reports.comparison import compare
from reports.contrast import contrast
from reports.crossed import averaged
from reports.figures.sources import sources
from reports.schema import IN_COMMON
from reports.schema.record import what_is_wrong
from reports.variance import component_rows, in_a_sentence
from tests.conftest import command

REGRESSION = Recipe(loss=SquaredError(), epochs=1)
RECIPE = Recipe(network=MLP((5,)), epochs=2, batch_size=20)


def experiment(seeds, **changes):
    parts = {"split": Holdout(60, 40, 50), "evaluate_at": Geometric(2), "measures": ()} | changes
    return Experiment(iris(), RECIPE, seeds=seeds, **parts)


def losses(cell, seeds=None):
    (curves,) = (curves for task in tasks([cell], seeds=seeds and [seeds]) for curves in trained(task))
    return dict(zip(curves.seeds, curves.metrics["test/loss"].T.tolist(), strict=True))


def test_a_seeds_digits_are_its_draws_and_what_is_not_crossed_is_drawn_anew_or_held():
    cell = experiment({"init": 3, "split": 2})
    assert cell.all_seeds == [0, 1, 2, 3, 4, 5]
    assert (cell.independent, experiment(6).independent) == (2, 6)
    assert cell.seeds_of("split") == [0, 0, 0, 1, 1, 1]
    assert cell.seeds_of("init") == [0, 1, 2, 0, 1, 2]
    assert cell.seeds_of("order") == [0, 1, 2, 3, 4, 5]
    assert experiment({"split": 2, "init": 3}, vary=["split", "init"]).seeds_of("order") == [0] * 6
    assert experiment({"split": 2, "init": 3, "order": 1}).seeds_of("order") == [0] * 6


def test_a_crossed_seed_is_the_network_that_its_draws_make():
    """Split, weights and order all 1: seed 1 · 9 + 1 · 3 + 1 = 13 of a crossing of three each is the plain seed 1, to the bit."""
    plain, crossed = losses(experiment(3)), losses(experiment({"split": 3, "init": 3, "order": 3}))
    assert [crossed[0], crossed[13], crossed[26]] == [plain[0], plain[1], plain[2]]
    assert len({*map(tuple, crossed.values())}) == 27


def test_other_crossings_share_no_stack_though_their_seeds_have_the_same_numbers():
    cells = [experiment({"split": 2, "init": 3}), experiment({"split": 3, "init": 2}), experiment(6)]
    assert len(tasks(cells)) == 3
    together = {}
    for task in tasks(cells):
        together |= dict(zip(task.cells, trained(task), strict=True))
    for number, cell in enumerate(cells):
        assert together[number].metrics["test/loss"].T.tolist() == list(losses(cell).values())


def config(**changes):
    return OmegaConf.create({"epochs": 2, "study": {"question": "?"}, "execution": {}, "dataset": {}} | changes)


def test_more_splits_pay_for_the_new_ones_alone_and_other_draws_are_other_results():
    three, four, wider = (
        identity(config(seeds=sizes), experiment(sizes))
        for sizes in ({"split": 3, "init": 2}, {"split": 4, "init": 2}, {"split": 3, "init": 3})
    )
    assert list(four.seeds.values())[:6] == list(three.seeds.values())
    assert not {*three.seeds.values()} & {wider.seeds[seed] for seed in range(2, 9)}
    assert three.cell != four.cell


def test_what_seeds_that_are_not_crossed_are_known_by_has_not_changed():
    """The hash is of a number and these: held sources with their draw, and the rows of the split."""
    plain, held = experiment(3), experiment(3, vary=["init"])
    assert chance(plain) == {seed: ({}, plain.rows_digest(seed)) for seed in range(3)}
    assert chance(held) == {seed: ({"split": 0, "order": 0}, held.rows_digest(0)) for seed in range(3)}
    assert "crossed" not in about_data(plain)
    assert about_data(experiment({"split": 2, "init": 3}))["crossed"] == {"split": 2, "init": 3}


WRONG = [
    (
        {"split": 3, "luck": 3},
        {},
        r"seeds is \{split: 3, luck: 3\}; sources of chance are split, init, order, not luck",
    ),
    ({"split": 0, "init": 3}, {}, "each source needs how many draws of it are crossed, a whole number from 1"),
    ({"split": 2.5, "init": 3}, {}, "each source needs how many draws"),
    ({"split": 3}, {}, r"a crossing needs two sources .* of one source alone it is seeds=N with vary=\[SOURCE\]"),
    ({"split": 3, "init": 1}, {}, "a crossing needs two sources"),
    ({}, {}, "a crossing needs two sources"),
    ({"split": 3, "init": 3}, {"vary": ["init", "order"]}, "holds split still: let it vary, or leave it out"),
    ({"split": 100_000, "init": 100_000}, {}, "these are 10,000,000,000 seeds, and at most 2³²"),
]


@pytest.mark.parametrize(("seeds", "more", "message"), WRONG, ids=[message[:30] for *_, message in WRONG])
def test_what_cannot_be_crossed_is_refused_with_the_way_out(seeds, more, message):
    with pytest.raises(ValueError, match=message):
        experiment(seeds, **more)


def test_splits_that_are_all_the_same_cannot_be_crossed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("train.csv", "test.csv"):
        pd.DataFrame({"x": np.arange(30) % 7, "y": np.arange(30) % 5}).to_csv(name, index=False)
    data = csv("train.csv", "y", "regression", test_path="test.csv")
    cell = Experiment(data, REGRESSION, Own(1.0, 0), seeds={"split": 2, "init": 2})
    with pytest.raises(
        ValueError, match=r"seeds crosses 2 splits, but this split gives every seed the same rows: leave split out"
    ):
        cell.check_data()


@pytest.fixture
def composed():
    with initialize_config_dir(str(CONF), version_base="1.3"):
        yield lambda *overrides: OmegaConf.masked_copy(
            node := compose("config", ["study=none", "dataset=iris", *overrides]),
            [key for key in node if key != "hydra"],
        )


def test_a_config_crosses_by_one_key_and_its_cost_counts_all_of_them(composed):
    crossing = composed("seeds={split: 3, init: 2}")
    assert build(crossing).all_seeds == [0, 1, 2, 3, 4, 5]
    (load,) = loads_of([draft(crossing)])
    assert load.seeds == 6


def test_a_theory_has_nothing_to_cross():
    with pytest.raises(
        ValueError, match=r"seeds is \{split: 3, init: 2\}, which crosses .* of networks, and a theory trains none"
    ):
        Calculation(linear_system(), Descent(), {"split": 3, "init": 2})


def test_a_notebook_is_told_where_the_spread_comes_from():
    cells = {"a": experiment({"split": 3, "init": 4})}
    results = run(cells)
    assert list(results.sources.index)[:3] == ["split", "initial weights", "split × weights, and order"]
    assert list(results.sources["draws"])[:4] == ["3", "4", "3 × 4", "3 × 4"]
    assert results.answer.startswith("Of the variance of one network's test error, sd ")
    assert "the test set has no more than 50 rows" in results.answer
    assert len(results.frame) == 12
    assert results.comparison.rows[0].test_error.n == 3  # a value a split
    assert "sources" in results.figures
    with pytest.raises(ValueError, match="no cell crosses sources"):
        _ = run({"a": experiment(2)}).sources


def test_differences_of_crossed_seeds_are_paired_by_split():
    """A split counts once: twelve networks on three splits are three differences, whose mean is that of all."""
    ours = experiment({"split": 3, "init": 4})
    results = run({"a": ours, "b": replace(ours, recipe=replace(RECIPE, network=MLP((2,))))}, baseline="a")
    difference = results.comparison.rows[1].difference
    errors = results.by_seed("test/error")
    by_split = (errors.loc["b"] - errors.loc["a"]).to_numpy().reshape(3, 4).mean(axis=1)
    assert difference.n == 3
    assert difference.mean == pytest.approx(by_split.mean())
    half = (difference.high - difference.low) / 2
    assert half == pytest.approx(4.302653 * by_split.std(ddof=1) / 3**0.5)
    assert "over 3 splits, against" in results.answer
    assert "take more (seeds={split: 6, …})" in results.answer  # they are twelve seeds already
    assert any("With 3 splits nothing can be decided" in note for note in results.notes)
    new = results.comparison.rows[1].pair.new_data
    assert new.why == ""  # errors of rows are means over the networks of a split, too
    assert new.mean == pytest.approx(by_split.mean())


def test_seeds_of_other_crossings_are_not_paired_though_their_numbers_are_equal():
    cells = {"a": experiment({"split": 3, "init": 4}), "b": experiment({"split": 4, "init": 3})}
    results = run(cells, baseline="a")
    assert results.comparison.rows[1].difference is None
    assert "their data or sources of chance differ: b" in results.answer


def test_the_share_of_common_training_rows_is_that_of_the_splits():
    """Twelve networks on three splits have in common what three seeds with these splits have; on one split, all."""
    crossed, plain = (about_data(experiment(seeds))[IN_COMMON] for seeds in ({"split": 3, "init": 4}, 3))
    assert 0.2 < crossed == plain < 0.6
    assert about_data(experiment({"init": 3, "order": 2}, vary=["init", "order"]))[IN_COMMON] == 1


def test_claims_count_crossed_seeds_once_a_split():
    results = run({"a": experiment({"split": 3, "init": 4})})
    for metric in ("test/error", "last_mean(test/error, 1)"):
        values = values_of({}, metric, Measured(results.sweep, {"a"}))
        by_hand = results.by_seed("test/error").loc["a"].to_numpy().reshape(3, 4).mean(axis=1)
        assert values.to_numpy() == pytest.approx(by_hand)


def test_the_intervals_of_a_run_are_over_splits_too():
    """Splits' means 2 and 5 of 1, 2, 3 and 4, 5, 6; a seed without a value is left out of its split's."""
    cell = experiment({"split": 2, "init": 3})
    assert independent(np.array([1.0, 2, 3, 4, 5, 6]), cell).tolist() == [2, 5]
    assert independent(np.array([1.0, np.nan, 3, 4, 5, np.inf]), cell).tolist() == [2, 4.5]
    assert independent(np.array([1.0, 2]), experiment(2)).tolist() == [1, 2]


def test_two_sweeps_of_crossed_seeds_are_compared_by_split():
    sweep = run({"a": experiment({"split": 3, "init": 4})}).sweep
    assert [row["seeds"] for row in contrast(sweep, sweep).results] == ["3 paired"]


def test_a_measure_of_crossed_seeds_has_the_interval_of_its_splits():
    """Over three splits: the half width is t of two degrees of freedom times sd / √3."""
    results = run({"a": experiment({"split": 3, "init": 4})}, measures=["test/loss"])
    by_split = results.by_seed("test/loss").loc["a"].to_numpy().reshape(3, 4).mean(axis=1)
    shown = results.table["test/loss"].iloc[0]
    assert shown == f"{by_split.mean():.4g} ± {4.302653 * by_split.std(ddof=1) / 3**0.5:.2g}"


def test_one_seed_without_an_error_leaves_the_components_unknown_and_says_so():
    results = run({"a": experiment({"split": 3, "init": 4})})
    lost = results.sweep.results.assign(
        **{"test/error": results.sweep.results["test/error"].where(results.frame.seed != 5)}
    )
    sweep = results.sweep._replace(results=lost)
    comparison = compare(sweep)
    (one,) = by_source(sweep, comparison)
    assert component_rows(sweep, comparison) == []
    assert in_a_sentence(one, comparison).startswith(
        "Where the spread comes from is not known: 1 of 12 seeds have no finite"
    )
    assert sources(sweep, comparison) is None


def test_every_row_of_the_table_has_the_columns_of_the_first_in_their_order():
    rows = run({"a": experiment({"split": 3, "init": 4})})
    table = component_rows(rows.sweep, rows.comparison)
    assert len(table) == 7  # three components, their sum, three of the test set
    assert {tuple(row) for row in table} == {tuple(table[0])}


def test_a_foreign_crossing_is_refused_before_it_is_read():
    cell = {"run_id": "", "name": "a", "axes": {}, "status": "FAILED", "crossed": {"split": 3, "init": 2}}
    study = {"name": "s", "question": "?", "baseline": {}, "choose": []}
    record = {"name": "s", "study": study, "axes": [], "cells": [cell]}
    assert what_is_wrong(record) is None
    for crossed in ({"split": 3}, {"split": 3, "luck": 2}, {"split": "3", "init": 2}, [3, 2], None):
        assert "crossing of its seeds" in what_is_wrong(record | {"cells": [cell | {"crossed": crossed}]})


def test_data_drawn_anew_can_be_crossed():
    cell = Experiment(
        linear_system(redraw=True, examples=60),
        REGRESSION,
        Holdout(20, 20, 20),
        seeds={"split": 2, "init": 2},
        measures=(),
    )
    (curves,) = (curves for task in tasks([cell]) for curves in trained(task))
    assert np.isfinite(curves.metrics["test/error"]).all()


@pytest.mark.slow
def test_a_crossed_sweep_ends_in_its_figure_first_and_continues_with_more_splits(lab):
    small = (
        "study=variance",
        "dataset=iris",
        "split={train: 60, validation: 40, test: 50}",
        "epochs=3",
        "seeds.init=3",
        "seeds.order=2",
    )
    done = command(lab, *small, "seeds.split=3")
    assert done.returncode == 0, done.stderr
    more = command(lab, *small, "seeds.split=4")
    assert "6/6 networks" in more.stderr
    folder = sorted((lab / "runs/reports").glob("variance*"))[-1]
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.count("data-figure=") > 1
    assert page.find("data-figure=") == page.find('data-figure="sources"')
    assert "they cross 4 splits × 3 initial weights × 2 orders" in page
    assert set(pd.read_csv(folder / "sources.csv").source) >= {
        "split",
        "split × weights",
        "one network",
        "finite test set",
    }


def test_very_many_measures_are_averaged_without_a_warning():
    """pandas warns of a table that has grown by a hundred columns, one at a time; warnings are errors here."""
    metrics = [f"m/{n}" for n in range(150)]
    values = [1.0, 3.0, np.inf, 5.0]
    table = pd.DataFrame({"cell": "a", "seed": range(4), **dict.fromkeys(metrics, values)})
    (split_0, split_1) = averaged(table, {"a": {"crossed": {"split": 2, "init": 2}}}, metrics)["m/7"]
    assert (split_0, split_1) == (2.0, 5.0)
