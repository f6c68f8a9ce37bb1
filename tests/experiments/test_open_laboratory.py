"""Known results as a stranger asks for them: studies and classes in a folder of one's own, everything from the command line."""

import textwrap

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.preprocessing import StandardScaler

from tests.conftest import command
from tests.experiments.test_files import idx_bytes

MINE = '''
from functools import partial

import numpy as np

from experiments.data.datasets import Dataset
from experiments.data.datasets.generated import anew


def isotropic(examples: int = 64) -> Dataset:
    """Inputs with XᵀX/n = I and targets M x, M with the singular values 4, 3, 2, 1, ½, ¼."""
    draw = np.random.default_rng(0)
    q, _ = np.linalg.qr(draw.standard_normal((examples, 8)))
    u, _ = np.linalg.qr(draw.standard_normal((8, 6)))
    v, _ = np.linalg.qr(draw.standard_normal((6, 6)))
    x = np.sqrt(examples) * q
    return Dataset("isotropic", x, x @ u @ np.diag([4, 3, 2, 1, 0.5, 0.25]) @ v.T, "regression", "made here")


def random_points(points: int = 12, dimensions: int = 5, seed: int = 0, redraw: bool = False) -> Dataset:
    """Random points with random labels of two classes."""
    draw = np.random.default_rng(seed)
    x, labels = draw.standard_normal((points, dimensions)), draw.integers(2, size=points)
    labels[0] = 1 - labels[0] if labels.min() == labels.max() else labels[0]
    data = Dataset("random_points", x, np.eye(2)[labels], "classification", "made here")
    return anew(data, seed, redraw, partial(random_points, points, dimensions))
'''


def run(lab, monkeypatch, name: str, study: str, *arguments: str):
    (lab / "mine.py").write_text(MINE, encoding="utf-8")
    for folder in ("study", "dataset"):
        (lab / folder).mkdir(exist_ok=True)
    (lab / "study" / f"{name}.yaml").write_text("# @package _global_\n" + textwrap.dedent(study), encoding="utf-8")
    (lab / "dataset" / "isotropic.yaml").write_text("_target_: mine.isotropic\n", encoding="utf-8")
    points = "_target_: mine.random_points\npoints: 12\nredraw: false\n"
    (lab / "dataset" / "random_points.yaml").write_text(points, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(lab), prepend=":")
    allowed = "execution.allow_targets=[mine.isotropic,mine.random_points]"
    done = command(lab, "--config-dir", str(lab), f"study={name}", allowed, "execution.check_claims=true", *arguments)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


COEFFICIENTS = """
    defaults:
      - override /dataset: diabetes
      - override /network: linear
      - override /optimizer: sgd
      - override /measures: [coefficients]
    split: {{train: 442, validation: 0, test: 0}}
    optimizer: {{learning_rate: 0.1}}
    batch_size: null
    epochs: 20000
    dtype: float64
    seeds: 2
    study:
      name: coefficients
      question: Do ridge, Lasso and a product of linear layers end where scikit-learn ends?
      claims: [{claims}]
    hydra:
      sweeper:
        grids:
          - {{penalty: l2, penalty.strength: 0.2}}
          - {{penalty: l1, penalty.strength: 0.2, penalty.method: proximal}}
          - {{network: mlp, network.hidden: [[5]], network.activation: identity, penalty: none}}
"""


@pytest.mark.slow
def test_ridge_lasso_and_a_product_of_layers_end_where_scikit_learn_ends(lab, monkeypatch):
    """The loss is the mean of squares: λ/2 ‖w‖² is scikit-learn's alpha = n λ / 2 in ridge, and λ ‖w‖₁ its alpha = λ / 2 in Lasso."""
    data = load_diabetes()
    x, y = StandardScaler().fit_transform(data.data), StandardScaler().fit_transform(data.target[:, None])[:, 0]
    fits = {
        "penalty: l2": Ridge(alpha=442 * 0.1, tol=1e-12).fit(x, y),
        "penalty: l1": Lasso(alpha=0.1, tol=1e-12).fit(x, y),
        "network: mlp": LinearRegression().fit(x, y),
    }
    claims = [
        f"{{kind: exact, cell: {{{place}}}, metric: coefficient/{name}, value: {value:.8f}, margin: 1.0e-5}}"
        for place, fit in fits.items()
        for name, value in zip(data.feature_names, fit.coef_, strict=True)
    ]
    told = run(lab, monkeypatch, "coefficients", COEFFICIENTS.format(claims=", ".join(claims)))
    assert "30 claims: 30 supported" in " ".join(told.split())


SPECTRUM = """
    defaults:
      - override /dataset: isotropic
      - override /scaling: none
      - override /optimizer: sgd
      - override /averaging: swa
      - override /initialization@network.initialization: glorot
      - override /noise@noise.hidden: dropout
      - override /measures: [singular_values]
    split: {train: 64, validation: 0, test: 0}
    network: {hidden: [16], activation: identity}
    noise: {hidden: {rate: 0.5}}
    optimizer: {learning_rate: 0.002}
    batch_size: null
    epochs: 20000
    seeds: 3
    study:
      name: spectrum
      question: What does dropout do to the singular values of a two-layer linear network?
      claims:
        - &s {kind: exact, cell: {noise.hidden.rate: 0.5}, metric: singular_value/1, value: 3.5, margin: 0.03}
        - {<<: *s, metric: singular_value/2, value: 2.5}
        - {<<: *s, metric: singular_value/3, value: 1.5}
        - {<<: *s, metric: singular_value/4, value: 0.5}
        - {<<: *s, metric: singular_value/5, value: 0}
"""


@pytest.mark.slow
def test_dropout_takes_the_same_off_every_singular_value(lab, monkeypatch):
    """With λ = p / (1 − p) = 1 and r = 16 units, ρ = 4 values survive: each less ρ κ / (r + ρ) = 4 · 2.5 / 20, κ their mean.

    Mianjy, Arora & Vidal, On the implicit bias of dropout (ICML 2018).
    """
    assert "5 claims: 5 supported" in " ".join(run(lab, monkeypatch, "spectrum", SPECTRUM).split())


SEPARABLE = """
    defaults:
      - override /dataset: random_points
      - override /network: linear
      - override /scaling: none
      - override /optimizer: sgd
      - override /loss: hinge
    dataset: {redraw: true}
    split: {train: 1.0, validation: 0, test: 0}
    optimizer: {learning_rate: 0.05}
    batch_size: 1
    epochs: 3000
    seeds: 200
    study:
      name: separable
      question: How many random points can a linear threshold unit separate?
      claims:
        - {kind: share, cell: {dataset.points: 6}, metric: train/error, holds: "== 0", low: 0.95}
        - {kind: share, cell: {dataset.points: 12}, metric: train/error, holds: "== 0", low: 0.35, high: 0.65}
        - {kind: share, cell: {dataset.points: 24}, metric: train/error, holds: "== 0", high: 0.1}
        - {kind: first, cell: {dataset.points: 6}, metric: first_step(train/error == 0), share: 0.5, high: 2000}
    hydra: {sweeper: {params: {dataset.points: "6,12,24"}}}
"""


@pytest.mark.slow
def test_half_of_the_labellings_of_twice_as_many_points_as_weights_are_linear(lab, monkeypatch):
    """Of P points in N dimensions 2 Σ C(P − 1, i), i ≤ N, of the 2ᴾ labellings are linear: all for P = N + 1, half for twice as many.

    Cover, IEEE Trans. Electron. Comput. 14:326 (1965).
    """
    assert "4 claims: 4 supported" in " ".join(run(lab, monkeypatch, "separable", SEPARABLE).split())


@pytest.mark.slow
def test_a_tutorials_softmax_on_images_in_order_and_without_validation_rows(lab):
    draw = np.random.default_rng(0)
    (lab / "digits").mkdir()
    for part, count in (("train", 600), ("t10k", 200)):
        labels = draw.integers(10, size=count).astype(np.uint8)
        images = (draw.integers(60, size=(count, 4, 5)) + 18 * labels[:, None, None]).astype(np.uint8)
        (lab / "digits" / f"{part}-images-idx3-ubyte").write_bytes(idx_bytes(images))
        (lab / "digits" / f"{part}-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
    recipe = [
        "network=linear",
        "initialization@network.initialization=zeros",
        "optimizer=sgd",
        "optimizer.learning_rate=0.5",
    ]
    steps = ["batches=in_order", "batch_size=100", "epochs=20", "evaluate_at=even", "seeds=1"]
    rows = ["dataset=idx", "dataset.folder=digits", "split.train=1.0", "split.validation=0"]
    done = command(lab, "study=none", *rows, *recipe, *steps)
    assert done.returncode == 0, done.stderr
    assert "reference: majority class" in " ".join(done.stdout.split())
