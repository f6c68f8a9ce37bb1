"""Every option and every study of conf/: composes, builds, and keeps the promise of its kind."""

from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from experiments.composition import build, study_of
from experiments.evaluation import run, tasks
from experiments.run import CONF

KINDS = sorted(folder.name for folder in Path(CONF).iterdir() if folder.is_dir() and folder.name != "study")
OPTIONS = [(kind, file.stem) for kind in KINDS for file in sorted((CONF / kind).glob("*.yaml"))]
STUDIES = sorted(file.stem for file in (CONF / "study").glob("*.yaml"))
SITES = ("inputs", "hidden", "weights")
QUICK = [
    "split.train=40",
    "split.validation=20",
    "split.test=20",
    "epochs=2",
    "seeds=2",
    "batch_size=16",
    "evaluations=3",
]
NEEDS = {
    ("loss", "squared_error"): ["dataset=diabetes"],
    ("loss", "binary_cross_entropy"): ["dataset=breast_cancer"],
    ("optimizer", "newton"): ["dataset=diabetes", "network=linear"],
    ("corruption", "label_noise"): ["dataset=wine"],
}


@pytest.fixture(scope="module", autouse=True)
def hydra():
    with initialize_config_dir(str(CONF), version_base="1.3"):
        yield


def selections():
    """One list of overrides for every option; a noise source for every site."""
    for kind, option in OPTIONS:
        for choice in [f"noise@noise.{site}={option}" for site in SITES] if kind == "noise" else [f"{kind}={option}"]:
            yield pytest.param([choice, *NEEDS.get((kind, option), [])], id=choice)


@pytest.mark.parametrize("overrides", list(selections()))
def test_every_option_trains_alone_and_stacked_with_the_same_numbers(overrides):
    experiment = build(compose("config", ["study=none", *QUICK, *overrides]))
    other = build(compose("config", ["study=none", *QUICK, *overrides, "optimizer.learning_rate=0.007"]))
    (alone,) = [curves for task in tasks([experiment]) for curves in run(task)]
    (together,) = tasks([experiment, other])
    stacked, _ = run(together)
    for name, values in alone.metrics.items():
        assert np.isfinite(values).all(), name
        assert (values == stacked.metrics[name]).all(), name


@pytest.mark.parametrize("study", STUDIES)
def test_every_study_composes_and_says_what_it_asks(study):
    config = compose("config", [f"study={study}"], return_hydra_config=True)
    stated = study_of(config)
    assert stated.name == study
    assert stated.question.endswith("?")
    build(OmegaConf.masked_copy(config, [key for key in config if key != "hydra"]))
    for grid in config.hydra.sweeper.grids:
        assert set(grid) - {"regularizer"} <= set(stated.choose)


@pytest.mark.parametrize("file", sorted(CONF.rglob("*.yaml")), ids=lambda f: str(f.relative_to(CONF)))
def test_every_file_opens_with_the_command_that_runs_it(file):
    first, second, *_ = [*file.read_text(encoding="utf-8").splitlines(), "", ""]
    opening = second if first.startswith("# @package") else first
    assert opening.startswith("# python -m experiments.run") or opening.startswith("{}")
