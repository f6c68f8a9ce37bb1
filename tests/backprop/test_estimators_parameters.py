"""Parameters of parameters, as scikit-learn's searches set them; every field of a recipe is a parameter."""

from dataclasses import fields

import pytest
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from backprop.averaging import SWA
from backprop.batches import InOrder
from backprop.constraints import MaxNorm
from backprop.estimators import BackpropClassifier, BackpropRegressor
from backprop.network import MLP, ResidualMLP
from backprop.noise import Dropout, Noise
from backprop.optimizers import SGD, Adam
from backprop.penalties import L1, L2
from backprop.schedules import Constant, Linear
from backprop.training import Recipe

x, y = load_wine(return_X_y=True)


@pytest.mark.parametrize("kind", [BackpropClassifier, BackpropRegressor], ids=lambda kind: kind.__name__)
def test_every_field_of_a_recipe_is_a_parameter_and_reaches_it(kind):
    given = {
        "network": MLP((3,), "tanh"),
        "optimizer": SGD(0.3),
        "schedule": Constant(),
        "averaging": SWA(),
        "penalty": L2(0.1),
        "constraint": MaxNorm(3.0),
        "noise": Noise(inputs=Dropout(0.1)),
        "batches": InOrder(),
        "batch_size": 7,
        "epochs": 5,
        "dtype": "float32",
    }
    assert {f.name for f in fields(Recipe)} - {"loss"} <= set(kind().get_params(deep=False))
    recipe = kind(**given).recipe(Recipe().loss, n=100)
    assert {name: getattr(recipe, name) for name in given} == given


def test_an_argument_that_is_none_of_the_estimators_is_an_error():
    with pytest.raises(TypeError, match="unexpected keyword argument 'penalti'"):
        BackpropClassifier(penalti=L2(0.1))
    with pytest.raises(TypeError, match="class_weight"):
        BackpropRegressor(class_weight="balanced")
    assert BackpropClassifier((3,)).hidden == (3,)


def test_the_numbers_of_choices_are_parameters():
    model = BackpropClassifier(penalty=L2(0.1), noise=Noise(hidden=Dropout(0.3)))
    told = model.get_params(deep=True)
    assert told["penalty__strength"] == 0.1
    assert told["noise__hidden__rate"] == 0.3
    assert told["noise__inputs"] is None
    assert not any("__" in name for name in model.get_params(deep=False))
    before = model.penalty
    model.set_params(penalty__strength=0.5, noise__hidden__rate=0.2, noise__inputs=Dropout(0.1), epochs=3)
    assert (model.penalty.strength, model.noise.hidden.rate, model.noise.inputs.rate) == (0.5, 0.2, 0.1)
    assert model.epochs == 3
    assert before.strength == 0.1  # a new choice takes its place


def test_a_choice_is_set_before_the_fields_below_it():
    model = BackpropClassifier().set_params(penalty__strength=0.2, penalty=L1(0.1))
    assert (type(model.penalty), model.penalty.strength) == (L1, 0.2)
    model.set_params(noise__inputs__rate=0.4, noise__inputs=Dropout(0.1))
    assert model.noise.inputs.rate == 0.4
    model.set_params(penalty__schedule=Linear(), penalty__schedule__end=0.5)
    assert (model.penalty.strength, model.penalty.schedule.end) == (0.2, 0.5)


def test_none_is_the_default_choice_whose_numbers_can_be_set():
    model = BackpropClassifier().set_params(optimizer__learning_rate=0.3)
    assert (type(model.optimizer), model.optimizer.learning_rate, model.optimizer.beta1) == (Adam, 0.3, Adam().beta1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"penalty__strength": 0.1},
            "penalty is None, and penalty__strength is a field of a choice; give one as penalty first",
        ),
        ({"noise__hidden__rate": 0.1}, "noise__hidden is None"),
        ({"optimizer__lr": 0.1}, "optimizer is Adam, which has no field 'lr', only"),
        ({"optimizer__learning_rate": -1.0}, r"Adam\.learning_rate is -1\.0; it must be a number in \(0, inf\)"),
        ({"penalti__strength": 0.1}, "Invalid parameter 'penalti'"),
        ({"epochs__more": 1}, "epochs is 200, and"),
    ],
    ids=str,
)
def test_what_cannot_be_set_is_said(settings, message):
    with pytest.raises(ValueError, match=message):
        BackpropClassifier().set_params(**settings)


def test_a_clone_has_the_same_choices():
    model = BackpropClassifier(penalty=L2(0.1), network=ResidualMLP(width=5)).set_params(penalty__strength=0.7)
    twin = clone(model)
    assert twin.penalty.strength == 0.7
    assert twin.network.width == 5
    assert not hasattr(twin, "parameters_")


def test_a_grid_over_numbers_of_choices():
    model = BackpropClassifier(
        hidden=(5,), epochs=20, penalty=L2(0.1), noise=Noise(hidden=Dropout(0.1)), random_state=0
    )
    grid = {
        "backpropclassifier__penalty__strength": [0.001, 30.0],
        "backpropclassifier__optimizer__learning_rate": [0.03],
        "backpropclassifier__noise__hidden__rate": [0.0, 0.1],
    }
    search = GridSearchCV(make_pipeline(StandardScaler(), model), grid, cv=2).fit(x, y)
    assert search.best_params_["backpropclassifier__penalty__strength"] == 0.001
    found = search.best_estimator_[-1]
    assert found.optimizer.learning_rate == 0.03
    assert found.noise.hidden.rate == search.best_params_["backpropclassifier__noise__hidden__rate"]


def test_any_network_takes_the_place_of_the_perceptron():
    scaled = StandardScaler().fit_transform(x)
    own = BackpropClassifier(network=ResidualMLP(width=7, blocks=1), epochs=30, random_state=0).fit(scaled, y)
    assert [W.shape for W in own.coefs_] == [(13, 7), (7, 7), (7, 3)]
    assert own.score(scaled, y) > 0.9
    same, other = (
        BackpropClassifier(hidden=hidden, network=MLP((11,)), epochs=1, random_state=0).fit(scaled, y)
        for hidden in ((100,), (3,))
    )
    assert (same.coefs_[0] == other.coefs_[0]).all()


def test_rows_can_come_in_order():
    ordered, again = (
        BackpropClassifier(hidden=(), batches=InOrder(), epochs=2, random_state=0, warm_start=True).fit(x / 100, y)
        for _ in range(2)
    )
    shuffled = clone(ordered).set_params(batches=None).fit(x / 100, y)
    assert (ordered.coefs_[0] == again.coefs_[0]).all()
    assert (ordered.coefs_[0] != shuffled.coefs_[0]).any()
