import pytest
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import ConfigCompositionException
from hydra.types import RunMode
from omegaconf import OmegaConf, open_dict

from backprop.choices import choice, integer
from backprop.training import Recipe
from experiments.config import building
from experiments.config.building import build
from experiments.config.composition import Composer
from experiments.config.errors import ConfigurationError
from experiments.config.grids import expand
from experiments.costs.causes import others
from experiments.data.datasets import diabetes
from experiments.run import CONF
from experiments.study.experiment import Experiment

CORPUS = [
    [],
    ["regularizer=l2", "penalty.strength=0.01"],
    ["penalty.strength=0.01", "regularizer=l2"],
    ["dataset=diabetes", "network=linear", "optimizer=sgd", "optimizer.learning_rate=1e-3"],
    ["noise@noise.hidden=dropout", "noise.hidden.rate=0.25", "network.hidden=[8,4]", "batch_size=null"],
    ["+network.extra=1", "seeds=[1,2]"],
    ["study.question='What, if anything?'"],
]


@pytest.fixture(scope="module")
def loader():
    GlobalHydra.instance().clear()
    yield Hydra.create_main_hydra2("test", create_config_search_path(f"file://{CONF}")).config_loader
    GlobalHydra.instance().clear()


def composed(loader, study):
    master = loader.load_configuration("config", [f"study={study}"], RunMode.MULTIRUN)
    jobs = expand(OmegaConf.to_container(master.hydra.sweeper.grids) or [{}], [], loader)
    return master, [[f"study={study}", *job] for job in jobs[::5]]


STUDIES = sorted(file.stem for file in (CONF / "study").glob("*.yaml"))
FAST = ("smoke", "l2_path")  # the others take seconds each


@pytest.mark.parametrize("study", [pytest.param(s, marks=[] if s in FAST else pytest.mark.slow) for s in STUDIES])
def test_composed_configs_are_hydras_own(loader, study):
    master, jobs = composed(loader, study)
    composer = Composer(loader, master)
    for overrides in jobs + [[f"study={study}", *extra] for extra in CORPUS]:
        try:
            theirs = loader.load_sweep_config(master, overrides)
        except ConfigCompositionException:  # a list in the place of crossed seeds
            assert study == "variance"
            assert "seeds=[1,2]" in overrides
            with pytest.raises(ConfigCompositionException):
                composer(overrides)
            continue
        choices = theirs.hydra.runtime.choices
        with open_dict(theirs):
            del theirs["hydra"]
        ours = composer(overrides)
        assert OmegaConf.to_yaml(ours.config) == OmegaConf.to_yaml(theirs)
        assert ours.choices == {k: v for k, v in choices.items() if not k.startswith("hydra/")}


def small_config(loader, *overrides):
    master = loader.load_configuration("config", ["study=none"], RunMode.MULTIRUN)
    return Composer(loader, master)(["study=none", *overrides]).config


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["+penalty._target_=os.system"], "allow it by name on the command line: execution.allow_targets="),
        (
            ["+penalty._target_=backprop.penalties.L3"],
            "no such choice, only DistanceToStart, ElasticNet, GroupLasso, L1, L2, SpectralNorm",
        ),
        (["penalty=l2", "+penalty.strenght=1"], r"L2 has no field 'strenght', only .* Did you mean 'strength'\?"),
        (["batch_size=100", "split.train=50"], "batch_size is 100, but there are 50 training examples"),
        (["dataset=diabetes", "loss=softmax_cross_entropy"], "targets of diabetes are for regression"),
        (
            ["+epoch=3"],
            r"Experiment has no field 'epoch', only \['dataset', 'network', 'loss', .* Did you mean 'epochs'\?",
        ),
        (["+recipe.epochs=3"], "Experiment has no field 'recipe'"),
        (["batch_size=0"], "batch_size is 0; it must be a whole number of at least 1, or null"),
        (["seeds=[1,1]"], "each seed may be listed only once"),
        (["epochs=1.5"], "epochs is 1.5; it must be a whole number"),
        (["network.hidden=16"], r"MLP.hidden is 16; it must be a list, such as \[16\]"),
        (["network.activation=gelu"], "must be one of identity, relu, leaky_relu, tanh, sigmoid"),
    ],
)
def test_a_config_that_cannot_be_run_says_the_way_out(loader, overrides, message):
    with pytest.raises(ConfigurationError, match=message):
        build(small_config(loader, *overrides))


def test_python_has_the_defaults_of_the_command_line(loader):
    typed = build(small_config(loader))
    written = Experiment(typed.dataset)
    for name in ("recipe", "split", "corruption", "scaling", "seeds", "evaluate_at", "selection", "vary"):
        assert repr(getattr(written, name)) == repr(getattr(typed, name)), name


def test_a_field_that_recipes_gain_is_a_key_of_the_config(loader, monkeypatch):
    @choice
    class Wider(Recipe):
        patience: int = integer(default=3, within="[1, inf)")

    monkeypatch.setattr(building, "Recipe", Wider)
    assert build(small_config(loader)).recipe.patience == 3
    assert build(small_config(loader, "+patience=5")).recipe.patience == 5
    with pytest.raises(ConfigurationError, match=r"patience is 0; it must be a whole number in \[1, inf\)"):
        build(small_config(loader, "+patience=0"))
    assert "patience=5" in dict(others(building.draft(small_config(loader, "+patience=5"))))


def test_a_loss_of_another_task_is_refused_with_the_way_out_of_either_door():
    with pytest.raises(
        ValueError, match=r"use loss=natural \(in Python Recipe\(loss=SquaredError\(\)\)\) or another dataset"
    ):
        Experiment(diabetes(), Recipe())
