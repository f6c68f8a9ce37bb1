"""Measures from a config to the record: chosen as a list, named before training, checked when they are taken."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import OmegaConf

from backprop.choices import choice, one_of
from backprop.losses import Hinge, SoftmaxCrossEntropy, SquaredError
from backprop.measures.gradients import Gradients
from backprop.measures.measure import WHEN
from backprop.measures.norms import Norms
from backprop.network import MLP
from backprop.optimizers import SGD
from backprop.penalties import L2
from backprop.schedules import Cosine, Linear
from backprop.training import Recipe
from experiments import notebook
from experiments.config.building import build
from experiments.config.composition import Composer
from experiments.config.errors import ConfigurationError, of_hydra
from experiments.config.grids import expand
from experiments.data import datasets
from experiments.recording.cells import by_chartable_name
from experiments.recording.identity import identity
from experiments.run import CONF
from experiments.study.experiment import MEASURES, Experiment
from experiments.training.evaluation import run
from experiments.training.measuring import taken
from experiments.training.tasks import Measured, tasks

QUICK = Recipe(network=MLP((3,)), epochs=2)
SEEN = SimpleNamespace(of=np.zeros(3), step=7, parameters=np.zeros((3, 1, 2)))
DEFAULT = ["norms", "distances", "gradients", "confidence", "weight_histogram"]


@pytest.fixture(scope="module")
def loader():
    GlobalHydra.instance().clear()
    yield Hydra.create_main_hydra2("test", create_config_search_path(f"file://{CONF}")).config_loader
    GlobalHydra.instance().clear()


@pytest.fixture(scope="module")
def composed(loader):
    composer = Composer(loader, loader.load_configuration("config", ["study=none"], RunMode.MULTIRUN))
    return lambda *overrides: composer(["study=none", "dataset=wine", "seeds=1", *overrides]).config


@choice
class Seen:
    """What it was told of the step."""

    when: str = one_of(default="evaluations", options=WHEN)

    def names(self, subject):
        return ("seen/learning_rate", "seen/step", "seen/strength")

    def __call__(self, seen):
        step = np.full(len(seen.of), seen.step)
        strength = np.broadcast_to(seen.recipe.penalty.strength, seen.learning_rate.shape)[:, 0, 0]
        return {"seen/learning_rate": seen.learning_rate[:, 0, 0], "seen/step": step, "seen/strength": strength}


@choice
class Wrong:
    """Names a value, and returns what it is told."""

    returned: object = None
    name: object = "group/quantity"
    when: str = "end"

    def names(self, subject):
        return (self.name,)

    def __call__(self, seen):
        if isinstance(self.returned, Exception):
            raise self.returned
        return self.returned


@choice
class OneText:
    """Forgets the comma."""

    when: str = "end"

    def names(self, subject):
        return "group/quantity"

    def __call__(self, seen):
        return {}


def curves_of(*experiments):
    return [curves for task in tasks(experiments) for curves in run(task)]


@pytest.mark.parametrize(
    ("typed", "listed"),
    [
        ([], DEFAULT),
        (["measures=[gradients,norms]"], ["gradients", "norms"]),
        (["measures=norms"], ["norms"]),
        (["measures=[]"], []),
        (["measures=[norms]", "+measures.mine._target_=backprop.measures.gradients.Gradients"], ["norms", "mine"]),
    ],
)
def test_a_list_of_measures_is_chosen_by_name(composed, typed, listed):
    config = composed(*typed)
    assert list(config.measures) == listed
    assert len(build(config).measures) == len(listed)


def test_a_value_of_one_is_set_under_its_name(composed):
    (norms, _) = build(composed("measures=[norms,gradients]", "measures.norms.when=end")).measures
    assert norms.when == "end"
    with pytest.raises(ConfigurationError, match=r"Norms.when is 'never'; it must be one of evaluations, end"):
        build(composed("measures=[norms]", "measures.norms.when=never"))


def test_several_lists_are_an_axis_on_the_command_line_and_in_a_grid(loader):
    lists = [["measures=[norms]"], ["measures=[norms,gradients]"]]
    assert expand([{}], ["measures=[norms],[norms,gradients]"], loader) == lists
    assert expand([{"measures": [["norms"], ["norms", "gradients"]]}], [], loader) == lists


def test_a_misspelt_one_is_named_with_those_that_there_are(tmp_path):
    (tmp_path / "measures").mkdir()
    (tmp_path / "measures" / "mine.yaml").touch()
    said = of_hydra(
        f"In 'config': Could not load 'measures/norm'.\n\nConfig search path:\n\tprovider=x, path=file://{tmp_path}\n",
        CONF,
    )
    assert said.startswith("measures has no option 'norm', only ")
    assert said.endswith("Did you mean 'norms'?")
    assert {*DEFAULT, "mine"} <= set(re.findall(r"\w+", said))


@pytest.mark.parametrize(
    ("data", "loss"),
    [("wine", SoftmaxCrossEntropy()), ("wine", Hinge()), ("diabetes", SquaredError())],
    ids=["classes", "scores", "values"],
)
def test_every_name_that_is_recorded_is_known_before(data, loss):
    for measures in (MEASURES, (), (Gradients("evaluations"), Norms("end"))):
        experiment = Experiment(getattr(datasets, data)(), replace(QUICK, loss=loss), seeds=2, measures=measures)
        (curves,) = curves_of(experiment)
        assert sorted(experiment.metrics()) == sorted([*curves.metrics, *curves.once])


def test_when_says_whether_a_measure_is_a_curve():
    at_the_end = Experiment(datasets.wine(), QUICK, seeds=2, measures=[Norms("end")])
    always = replace(at_the_end, measures=[Norms()])
    once, curve = curves_of(at_the_end, always)
    assert (once.once["weights/l2"] == curve.metrics["weights/l2"][-1]).all()


def test_a_measures_values_are_columns_of_a_notebook():
    recipe = replace(QUICK, penalty=L2(0.5))
    results = notebook.run({"cell": Experiment(datasets.wine(), recipe, seeds=2, measures=[Norms("end"), Seen()])})
    assert results.frame["seen/step"].tolist() == [results.curves["step"].max()] * 2
    assert (results.frame["weights/l2"] > 0).all()


def test_equal_measures_share_a_stack_and_others_do_not():
    plain = Experiment(datasets.wine(), QUICK, seeds=2, measures=[Norms()])
    equal, other = replace(plain, measures=(Norms(),)), replace(plain, measures=[Norms("end")])
    assert [task.cells for task in tasks([plain, equal, other])] == [[0, 1], [2]]
    first, _, third = curves_of(plain, equal, other)
    assert (first.metrics["train/loss"] == third.metrics["train/loss"]).all()


def test_measures_are_told_the_learning_rate_and_the_strength_of_their_step():
    """Two cells with rates of their own; (1 + cos π (t − 1) / T) / 2 and 1 − (t − 1) / (T − 1), and before the first step as at it."""
    recipe = replace(QUICK, schedule=Cosine(), penalty=L2(0.5, schedule=Linear()), batch_size=None, epochs=3)
    rates = (0.1, 0.2)
    cells = [
        Experiment(datasets.wine(), replace(recipe, optimizer=SGD(rate)), seeds=2, measures=[Seen()]) for rate in rates
    ]
    for rate, curves in zip(rates, curves_of(*cells), strict=True):
        assert curves.metrics["seen/step"][:, 0].tolist() == [0, 1, 2, 3]
        np.testing.assert_allclose(
            curves.metrics["seen/learning_rate"][:, 1], rate * np.array([1, 1, 0.75, 0.25]), rtol=1e-6
        )
        np.testing.assert_allclose(curves.metrics["seen/strength"][:, 0], [0.5, 0.5, 0.25, 0], atol=1e-7)


@pytest.mark.parametrize(
    ("measures", "message"),
    [
        (
            [Norms(), Norms()],
            r"weights/l2 is a name of the measure Norms, and of the measure Norms; leave one of them out",
        ),
        ([Wrong(name="test/loss")], r"test/loss is a name of what every experiment measures, and of the measure Wrong"),
        ([Wrong(name="validation/rise")], "of what every experiment measures"),
        ([Wrong(name="step")], "'step', which is a column of every table"),
        ([Wrong(name="axis/x")], "'axis/x', which is a column of every table"),
        ([OneText()], r"the measure OneText names 'group/quantity'; names must be a tuple, such as"),
        ([Wrong(name="")], "a name must be a text in one line"),
        ([Wrong(name=3)], "names a value 3; a name must be a text"),
    ],
)
def test_a_name_that_cannot_be_a_column_of_its_own_is_refused_before_training(measures, message):
    with pytest.raises(ValueError, match=message):
        Experiment(datasets.wine(), QUICK, seeds=1, measures=measures).check_data()


@pytest.mark.parametrize(
    ("measures", "message"),
    [
        (["norms"], "measures has 'norms'; each must be a measure"),
        ([Wrong(when="sometimes")], r"Wrong.when is 'sometimes'; it must be one of evaluations, end"),
    ],
)
def test_what_is_no_measure_is_refused(measures, message):
    with pytest.raises(ValueError, match=message):
        Experiment(datasets.wine(), QUICK, seeds=1, measures=measures)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (
            {"other": np.ones(3)},
            r"the measure Wrong returned \['other'\]; it must return values named \['group/quantity'\]",
        ),
        ({}, r"returned \[\]; it must return values named"),
        (np.ones(3), r"returned array\(\[1., 1., 1.\]\); it must return values named"),
        (
            {"group/quantity": np.ones((3, 1))},
            r"group/quantity an array of shape \(3, 1\) and type float64; .* of shape \(3,\)",
        ),
        ({"group/quantity": 1.0}, r"of shape \(\) and type float64; it must be one number a network"),
        ({"group/quantity": ["a", "b", "c"]}, "one number a network"),
        ({"group/quantity": 1j * np.ones(3)}, "type complex128; it must be one number a network"),
        (ZeroDivisionError("by 0"), r"the measure Wrong failed at step 7: ZeroDivisionError\('by 0'\)"),
    ],
)
def test_a_value_that_is_not_what_was_named_stops_with_the_measures_name(returned, message):
    with pytest.raises((ValueError, RuntimeError), match=message):
        taken([Measured(Wrong(returned), ("group/quantity",))], "end", SEEN)


def test_a_measure_that_fails_of_a_diverged_network_is_told_what_to_give():
    seen = SimpleNamespace(of=np.zeros(3), step=7, parameters=np.full((3, 1, 2), np.nan))
    with pytest.raises(
        RuntimeError, match=r"LinAlgError\('no'\); of a network that has diverged its values must be NaN"
    ):
        taken([Measured(Wrong(np.linalg.LinAlgError("no")), ("group/quantity",))], "end", seen)


def test_other_measures_are_another_identity_and_their_order_is_none(composed):
    def settings(*typed):
        config = composed(*typed)
        return identity(config, build(config)).settings

    assert settings("measures=[norms,gradients]") == settings("measures=[gradients,norms]")
    assert len({settings(), settings("measures=[norms]"), settings("measures=[norms]", "measures.norms.when=end")}) == 3


def test_subjects_have_the_names_of_the_users_table():
    named = Experiment(datasets.iris(), QUICK, seeds=1).subject
    assert named.parts == ("train", "validation", "test")
    assert named.outputs == ("setosa", "versicolor", "virginica")
    unnamed = Experiment(datasets.linear_system(inputs=3), replace(QUICK, loss=SquaredError()), seeds=1).subject
    assert unnamed.features == ("x0", "x1", "x2")
    assert unnamed.outputs[0] == "y0"


def test_names_that_mlflow_does_not_take_are_charted_under_others():
    metrics = {"coefficient/mass (kg)": 1, "coefficient/mass [kg]": 2, "test/error": 3}
    assert by_chartable_name(metrics) == {"coefficient/mass _kg_": 1, "test/error": 3}


def test_a_dictionary_of_measures_without_classes_is_a_mistake(composed):
    config = composed("measures=[norms]")
    OmegaConf.update(config, "measures.norms", {"when": "end"}, merge=False)
    with pytest.raises(ConfigurationError, match=r"measures has \{'when': 'end'\}; each must be a measure"):
        build(config)
