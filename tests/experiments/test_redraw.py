"""With `redraw`, every seed sees data of its own: the very data that a dataset with that seed has."""

import numpy as np
import pytest

from experiments.config.errors import known_keys, no_such_key
from experiments.costs.cost import bytes_of_data
from experiments.costs.loads import Load, Size
from experiments.data.corruption import LabelNoise
from experiments.data.datasets import (
    linear_system,
    mnist1d,
    neal_classification,
    neal_regression,
    sinusoid,
    teacher,
    two_moons,
)
from experiments.data.splits import Holdout, Own
from experiments.notebook import run
from experiments.recording.identity import chance
from experiments.run import CONF
from experiments.study.about_data import about_data
from experiments.study.calculation import Calculation
from experiments.study.theories.l2_path import L2Path
from tests.conftest import command
from tests.experiments.test_empty_parts import experiment_on
from tests.experiments.test_rows import curves_of

MAKERS = [linear_system, mnist1d, neal_classification, neal_regression, sinusoid, teacher, two_moons]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_seeds_data_are_those_of_a_dataset_with_that_seed(make):
    few = {} if make in (neal_classification, neal_regression) else {"examples": 100}
    data = make(seed=5, redraw=True, **few)
    assert data.of_seed(0).fingerprint == make(seed=5, **few).fingerprint
    assert data.of_seed(3).fingerprint == make(seed=8, **few).fingerprint
    assert data.of_seed(3) is data.of_seed(3)
    assert data.fingerprint != make(seed=5, **few).fingerprint
    assert "drawn anew for every seed" in data.source


@pytest.mark.parametrize(
    ("data", "split", "more"),
    [
        (lambda **s: teacher(examples=90, **s), Holdout(40, 20, 20), {}),
        (neal_classification, Own(60, 30), {"corruption": LabelNoise(0.5)}),
        (lambda **s: two_moons(examples=120, **s), Holdout(40, 0, 20), {"corruption": LabelNoise(0.5, "others")}),
    ],
)
def test_a_stack_of_seeds_trains_each_on_its_own_data(data, split, more):
    together = curves_of(experiment_on(data(redraw=True), split, seeds=[0, 3, 1], **more))
    for place, seed in enumerate((0, 3, 1)):
        alone = curves_of(experiment_on(data(seed=seed), split, seeds=[seed], **more))
        for name, values in alone.metrics.items():
            assert values[:, 0] == pytest.approx(together.metrics[name][:, place], rel=1e-6, abs=1e-9)
        assert alone.once["labels/corrupted"] == together.once["labels/corrupted"][place]
        own = together.rows.seed == seed
        assert np.array_equal(together.rows.row[own], alone.rows.row)


def test_where_the_split_is_held_still_so_are_the_data():
    data = sinusoid(examples=80, redraw=True)
    cell = experiment_on(data, Holdout(), vary=["init"], seeds=[4, 5])
    assert (cell.divide(4).x == sinusoid(examples=80, seed=4).x).all()
    assert cell.seeds_of("split") == [4, 4]
    assert "redrawn" not in about_data(cell)


def test_identities_know_each_seeds_data_and_a_seed_alone_has_the_same():
    plain, anew = (experiment_on(sinusoid(examples=80, redraw=redraw), Holdout(), seeds=3) for redraw in (False, True))
    assert chance(plain)[1] != chance(anew)[1]
    assert chance(anew)[2] == chance(experiment_on(sinusoid(examples=80, redraw=True), Holdout(), seeds=[2]))[2]
    theory = Calculation(linear_system(redraw=True), L2Path(epochs=2), seeds=2)
    assert chance(theory)[0] != chance(theory)[1]
    assert set(chance(Calculation(linear_system(), L2Path(epochs=2), seeds=2)).values()) == {None}


def test_a_theory_calculates_each_seed_on_its_own_data():
    both = Calculation(linear_system(examples=60, inputs=3, redraw=True), L2Path(epochs=20), seeds=2).run()
    alone = Calculation(linear_system(examples=60, inputs=3, seed=1), L2Path(epochs=20), seeds=[1]).run()
    assert both.seeds == [0, 1]
    assert both.metrics["exact/2"][0, 1] == alone.metrics["exact/2"][0, 0]


def test_intervals_then_speak_of_new_data_without_a_correction():
    cells = {
        name: experiment_on(teacher(examples=90, redraw=True), Holdout(40, v, 20), seeds=3)
        for name, v in (("a", 9), ("b", 0))
    }
    results = run(cells)
    (pair,) = results.comparison.pairs
    assert (pair.new_data.low, pair.new_data.high) == pytest.approx((pair.difference.low, pair.difference.high))


def test_their_memory_is_counted_for_every_seed():
    load = Load(None, 10, "d", Size(1000, 20, 1))
    assert bytes_of_data(load._replace(copies=10)) - bytes_of_data(load) == 9 * 1000 * 21 * 12


def test_data_that_are_what_they_are_refuse_it_and_say_why():
    said = no_such_key("dataset.redraw", known_keys(CONF))
    assert "data made from a seed" in said
    assert "dataset=teacher" in said
    with pytest.raises(ValueError, match=r"teacher.redraw is 3; it must be true"):
        teacher(redraw=3)


def test_a_seed_whose_data_have_another_shape_is_named():
    data = neal_classification(examples=4, train=2, redraw=True)
    with pytest.raises(ValueError, match=r"dataset.redraw is true, but seed \d+ draws data of another shape"):
        experiment_on(data, Holdout(2, 0, 1), seeds=60)


@pytest.mark.slow
def test_a_sweep_on_data_drawn_anew_ends_in_a_page_that_says_so(lab):
    small = ["study=none", "dataset=two_moons", "dataset.redraw=true", "epochs=2", "seeds=3", "penalty=none,l2"]
    done = command(lab, *small)
    assert done.returncode == 0, done.stderr
    page = next((lab / "runs" / "reports").glob("*/index.html")).read_text()
    assert "Every seed has data of its own, drawn anew" in page
    assert "the same bits" in command(lab, "l2", module="experiments.verify").stdout
    assert "dataset.redraw is for data made from a seed" in command(lab, "study=none", "dataset.redraw=true").stderr
