"""scikit-learn's own test suite, and its tools, over our estimators."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, LearningCurveDisplay, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from backprop.estimators import BackpropClassifier, BackpropRegressor
from backprop.optimizers import SGD
from backprop.penalties import L2

wine, diabetes = load_wine(return_X_y=True), load_diabetes(return_X_y=True)


@pytest.mark.filterwarnings("ignore")  # the checks provoke warnings
@pytest.mark.parametrize("batch_size", [32, None])
@pytest.mark.parametrize("kind", [BackpropClassifier, BackpropRegressor], ids=lambda kind: kind.__name__)
def test_scikit_learns_checks_pass_without_exception(kind, batch_size):
    """Among them that a sample's weight is as so many copies of it, that parameters are told and cloned, and partial_fit."""
    results = check_estimator(kind(batch_size=batch_size), on_fail=None, on_skip=None)
    not_passed = {result["check_name"]: result["status"] for result in results if result["status"] != "passed"}
    not_passed.pop("check_array_api_input", None)  # asks for an environment variable; skipped for the MLPs too
    assert not not_passed
    assert len(results) > 50
    assert any(result["check_name"].startswith("check_sample_weight_equivalence") for result in results)


def test_pipeline_grid_search_and_cross_validation():
    model = make_pipeline(StandardScaler(), BackpropClassifier(hidden=(8,), epochs=150, random_state=0))
    search = GridSearchCV(model, {"backpropclassifier__penalty": [L2(0.001), L2(3.0)]}, cv=3).fit(*wine)
    assert search.best_params_["backpropclassifier__penalty"].strength == 0.001
    assert cross_validate(model, *wine, cv=3)["test_score"].mean() > 0.9


def test_learning_curve_display():
    import matplotlib

    matplotlib.use("Agg")
    model = make_pipeline(StandardScaler(), BackpropClassifier(hidden=(), epochs=20, random_state=0))
    display = LearningCurveDisplay.from_estimator(
        model, *wine, cv=3, train_sizes=[0.5, 1.0], shuffle=True, random_state=0
    )
    assert display.test_scores.shape == (2, 3)


def test_without_a_hidden_layer_the_regressor_is_least_squares():
    x = StandardScaler().fit_transform(diabetes[0])
    y = (diabetes[1] - diabetes[1].mean()) / diabetes[1].std()
    ours = BackpropRegressor(hidden=(), optimizer=SGD(0.2), batch_size=None, epochs=5000, random_state=0).fit(x, y)
    assert ours.predict(x) == pytest.approx(LinearRegression().fit(x, y).predict(x), abs=1e-4)
    both = BackpropRegressor(hidden=(), optimizer=SGD(0.1), epochs=2, random_state=0).fit(x, np.stack([y, -y], axis=1))
    assert both.predict(x).shape == (442, 2)


def test_the_same_random_state_gives_the_same_bits():
    first, second, other = (
        BackpropClassifier(epochs=3, random_state=s).fit(*wine).predict_proba(wine[0]) for s in (0, 0, 1)
    )
    assert (first == second).all()
    assert (first != other).any()
