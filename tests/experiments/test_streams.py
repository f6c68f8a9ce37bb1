"""Streams: other draws for the same seed and split, and a baseline that is tried as often as other arms."""

from dataclasses import replace

import numpy as np
import pytest
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import open_dict

from backprop.network import MLP
from backprop.noise import Dropout, Noise
from backprop.training import Recipe
from experiments.config.building import build, study_of
from experiments.config.composition import Composer
from experiments.config.errors import ConfigurationError
from experiments.config.tries import check_tried, with_tries
from experiments.data.corruption import LabelNoise
from experiments.data.datasets import wine
from experiments.recording.identity import identity
from experiments.run import CONF
from experiments.study.experiment import Experiment
from experiments.study.study import Study
from experiments.training.evaluation import run
from experiments.training.tasks import tasks

RECIPE = Recipe(network=MLP((3,)), noise=Noise(hidden=Dropout(0.2)), epochs=2)
PLAIN = Experiment(wine(), RECIPE, corruption=LabelNoise(0.2), seeds=[0, 3])
JOBS = [["regularizer=none"], ["regularizer=l2", "penalty.strength=0.1"], ["regularizer=l2", "penalty.strength=0.2"]]
BASELINE = "+study.baseline.regularizer=none"


@pytest.fixture(scope="module")
def composer():
    GlobalHydra.instance().clear()
    loader = Hydra.create_main_hydra2("test", create_config_search_path(f"file://{CONF}")).config_loader
    yield Composer(loader, loader.load_configuration("config", [], RunMode.MULTIRUN))
    GlobalHydra.instance().clear()


def typed(*arguments, jobs=JOBS):
    """The jobs of a command line: what it says of all of them stands in each."""
    return [["study=none", "dataset=wine", "seeds=2", *arguments, *job] for job in jobs]


def curves_of(*experiments):
    return [curves for task in tasks(experiments) for curves in run(task)]


def test_another_stream_draws_other_weights_order_and_noise_for_the_same_data():
    (first,), (second,) = curves_of(PLAIN), curves_of(replace(PLAIN, stream=1))
    assert (first.metrics["train/loss"] != second.metrics["train/loss"]).all()
    assert (first.once["labels/corrupted"] == second.once["labels/corrupted"]).all()
    assert (first.rows.row == second.rows.row).all()
    assert [PLAIN.rows(s).digest() for s in (0, 3)] == [replace(PLAIN, stream=1).rows(s).digest() for s in (0, 3)]


def test_streams_never_meet_the_draws_of_another_seed():
    largest = replace(PLAIN, seeds=[0, 2**32 - 1])
    drawn = [seed for k in (0, 1, 2**31 - 1) for seed in replace(largest, stream=k).seeds_of("init")]
    assert len(set(drawn)) == 6
    assert max(drawn) == np.iinfo(np.int64).max
    assert replace(largest, stream=7).seeds_of("split") == largest.all_seeds
    with pytest.raises(ValueError, match=r"Experiment.stream is -1; it must be a whole number in \[0, 2147483647\]"):
        replace(PLAIN, stream=-1)


def test_a_cell_of_another_stream_is_no_part_of_the_stack_of_the_first():
    both = curves_of(PLAIN, replace(PLAIN, stream=1))
    alone = curves_of(PLAIN) + curves_of(replace(PLAIN, stream=1))
    for ours, theirs in zip(both, alone, strict=True):
        assert (ours.metrics["test/loss"] == theirs.metrics["test/loss"]).all()


def test_stream_0_has_the_identity_that_it_had_before_there_were_others(composer):
    config, other = (composer(job).config for job in typed(jobs=[[], ["stream=1"]]))
    here = identity(config, build(config))
    assert identity(other, build(other)).cell != here.cell
    experiment = build(config)
    with open_dict(config):
        del config["stream"]
    assert identity(config, experiment) == here


def test_the_baseline_is_tried_with_every_stream_and_no_other_arm_is(composer):
    once = typed(BASELINE, "study.choose=[penalty.strength]", "study.baseline_tries=3")
    jobs = with_tries(once, composer)
    assert jobs == [[*once[0], f"stream={k}"] for k in range(3)] + once[1:]
    study = study_of(composer(jobs[0]).config)
    assert study.choose == ["penalty.strength", "stream"]
    check_tried(study, [composer(job) for job in jobs])
    with pytest.raises(ConfigurationError, match=r"no job here is tried again: hydra/sweeper=lab does that"):
        check_tried(study, [composer(job) for job in once])


def test_one_try_changes_nothing(composer):
    jobs = typed(BASELINE)
    assert with_tries(jobs, composer) is jobs
    assert study_of(composer(jobs[0]).config).choose == []


@pytest.mark.parametrize(
    ("said", "jobs", "why"),
    [
        ([BASELINE], [["stream=0"], ["stream=1"]], r"baseline_tries is 4, which runs stream=0, 1, … of the baseline"),
        ([BASELINE, "theory=descent"], [[]], "theory=descent trains no network"),
        ([], JOBS, "study.baseline names none to be tried so often"),
    ],
)
def test_what_cannot_be_tried_again_is_refused(composer, said, jobs, why):
    with pytest.raises(ConfigurationError, match=why):
        with_tries(typed("study.baseline_tries=4", *said, jobs=jobs), composer)


def test_a_study_of_no_tries_is_refused():
    with pytest.raises(ValueError, match=r"Study.baseline_tries is 0; it must be a whole number in \[1, 1000\]"):
        Study("a", "?", baseline_tries=0)
    with pytest.raises(ValueError, match=r"Study.choose_on is 'test'; it must be one of all, first_half, second_half"):
        Study("a", "?", choose_on="test")
