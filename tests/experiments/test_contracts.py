"""Every option and every study of conf/: composes, builds, and keeps the promise of its kind."""

import numpy as np
import pytest
from hydra import compose
from hydra.utils import get_object
from omegaconf import OmegaConf

from experiments.config.building import build, study_of
from experiments.config.composition import Job, override_values, without_unused_keys
from experiments.config.errors import SITES
from experiments.options import option_in
from experiments.run import CONF
from experiments.training.evaluation import run
from experiments.training.tasks import tasks
from tests.promises.options import KINDS, LISTED, NEEDS, NEEDS_THE_INTERNET, QUICK, SMALL_SPLIT, composing, options_of

PARTS = [kind for kind in KINDS if kind != "study"]
OPTIONS = [(kind, option) for kind in PARTS for option in options_of(kind)]
STUDIES = options_of("study")


@pytest.fixture(scope="module", autouse=True)
def files(tmp_path_factory):
    with composing(tmp_path_factory.mktemp("files")):
        yield


def selections():
    """One list of overrides for every option; noise sources at every site, initialisations in the network."""
    for kind, option in OPTIONS:
        if (kind, option) in NEEDS_THE_INTERNET or kind == "theory":
            continue
        choices = [f"noise@noise.{site}={option}" for site in SITES] if kind == "noise" else [f"{kind}={option}"]
        choices = [f"initialization@network.initialization={option}"] if kind == "initialization" else choices
        choices = [f"measures=[{option}]"] if kind in LISTED else choices
        size = [] if kind == "split" and option != "holdout" else [*SMALL_SPLIT, "split.test=20"]
        for choice in choices:
            yield pytest.param([choice, *size, *NEEDS.get((kind, option), [])], id=choice)


@pytest.mark.parametrize("overrides", list(selections()))
def test_every_option_trains_alone_and_stacked_with_the_same_numbers(overrides):
    config = compose("config", ["study=none", *QUICK, *overrides])
    experiment = build(config)
    config.optimizer.learning_rate = 0.007
    other = build(config)
    (alone,) = [curves for task in tasks([experiment]) for curves in run(task)]
    (together,) = tasks([experiment, other])
    stacked, _ = run(together)
    for name, values in alone.metrics.items():
        assert np.isfinite(values).all(), name
        assert (values == stacked.metrics[name]).all(), name


STRENGTHS = [(kind, option) for kind, option in OPTIONS if kind in ("penalty", "noise") and option != "none"]


@pytest.mark.parametrize(("kind", "option"), STRENGTHS, ids=lambda value: value)
def test_every_penalty_and_noise_source_takes_a_schedule_of_its_own(kind, option):
    place, choice = ("noise.weights", "noise@noise.weights") if kind == "noise" else (kind, kind)
    ramp = [f"+schedule@{place}.schedule=linear", f"{place}.schedule.start=0.5", f"{place}.schedule.end=1"]
    overrides = ["study=none", *QUICK, "dataset=wine", f"{choice}={option}"]
    curves = []
    for own in ([], ramp, [*ramp[:1], *ramp[2:], f"{place}.schedule.start=1"]):
        (found,) = [one for task in tasks([build(compose("config", [*overrides, *own]))]) for one in run(task)]
        curves.append(found.metrics["train/loss"])
    assert (curves[0] != curves[1]).any()
    assert (curves[0] == curves[2]).all()  # from 1 to 1


@pytest.mark.parametrize(("kind", "option"), OPTIONS, ids=lambda value: value)
def test_every_option_documents_itself(kind, option):
    """A class's docstring has its formula and a comment or docstring tells of each of its fields."""
    file = CONF / kind / f"{option}.yaml"
    node = option_in(file)
    if "_target_" not in node:
        return
    made = get_object(node["_target_"])
    assert made.__doc__
    assert not made.__doc__.startswith(made.__name__ + "(")  # what a dataclass writes where nobody wrote anything
    for key in set(node) - {"_target_"}:
        lines = file.read_text(encoding="utf-8").splitlines()
        (line,) = [line for line in lines if line.strip().startswith(f"{key}:")]
        words = {key, key.replace("_", " ")}
        standard = key in ("learning_rate", "momentum", "epsilon", "beta1", "beta2", "seed", "examples")
        assert "#" in line or standard or any(word in made.__doc__ for word in words), f"{file}: {key}"


def job(overrides):
    """What the launcher would build."""
    config = compose("config", overrides, return_hydra_config=True)
    choices = dict(config.hydra.runtime.choices)
    config = OmegaConf.masked_copy(config, [key for key in config if key != "hydra"])
    return without_unused_keys(Job(override_values(overrides), config, choices))


@pytest.mark.parametrize("study", STUDIES)
def test_every_study_composes_and_says_what_it_asks(study):
    config = compose("config", [f"study={study}"], return_hydra_config=True)
    stated = study_of(config)
    assert stated.name == study
    assert stated.question.endswith("?")
    build(job([f"study={study}"]).config)
    for grid in config.hydra.sweeper.grids:
        assert not stated.choose or set(grid) - {"regularizer"} <= set(stated.choose)


@pytest.mark.parametrize("file", sorted(CONF.rglob("*.yaml")), ids=lambda f: str(f.relative_to(CONF)))
def test_every_file_opens_with_the_command_that_runs_it(file):
    first, second, *_ = [*file.read_text(encoding="utf-8").splitlines(), "", ""]
    opening = second if first.startswith("# @package") else first
    assert opening.startswith("# python -m experiments.run") or opening.startswith("{}")
