"""What is known exactly about linear models, beside what the optimisers and the training loop do."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.averaging import Polyak
from backprop.choices import choice, number, one_of, whole
from backprop.initializations import Zeros
from backprop.losses import SquaredError
from backprop.network import MLP
from backprop.noise import Dropout, MultiplicativeGaussian, Noise
from backprop.optimizers import SGD, Momentum, Nesterov, Optimizer, Step
from backprop.penalties import L2
from backprop.randomness import generator
from backprop.schedules import Inverse
from backprop.training import Examples, Recipe, train
from experiments.datasets.dataset import Dataset
from experiments.records import Curves
from experiments.splits import Holdout, Scaling, divide

METHODS = ("plain", "heavy_ball", "nesterov")
ROUNDS, RATES, LONG = 3, 16, 4000  # of the search for a threshold: 16 rates each finer by 17, 4,000 steps


@choice
class Descent:
    """w ← w − η ∇J on least squares, J = (1/N) ‖Xw − y‖², η = `relative_rate` / λmax, λmax the largest eigenvalue of ∇²J.

    Also as heavy ball or Nesterov with `momentum` μ. A quadratic falls apart into its eigenvectors, each a recursion of
    its own, so that the largest stable η is known: 2/λmax plain, 2(1 + μ)/λmax for the heavy ball (Polyak, 1964) and
    (2 + 2μ)/((1 + 2μ) λmax) for Nesterov. Told of every step: the excess loss J − min J over its start's, and the error
    along the stiffest eigenvector over its start's. Of the whole: in what share of steps that error changes its sign
    (until nothing but rounding is left of it), and the `threshold`, searched for with the optimiser itself: the largest
    η λmax at which ‖∇J‖ still falls. Every seed starts at another w. Features and target are standardised; constant
    features are left out.
    """

    method: str = one_of(default="plain", options=METHODS)
    relative_rate: float = number(default=1.0, within="(0, inf)")
    momentum: float = number(default=0.9, within="[0, 1)")
    steps: int = whole(default=50, within="[1, 100000]")

    def check(self, dataset: Dataset) -> None:
        standardized(dataset)

    def __call__(self, dataset: Dataset, seeds: Sequence[int]) -> Curves:
        X, y = standardized(dataset)
        hessian = 2 * X.T @ X / len(X)
        values, vectors = np.linalg.eigh(hessian)
        best = np.linalg.lstsq(X, y, rcond=None)[0]
        start = np.stack([generator(seed, "init").standard_normal(len(best)) for seed in seeds])
        rates = np.full(len(seeds), self.relative_rate / values[-1])
        errors = self.descend(hessian, start - best, rates, range(self.steps + 1))
        loss = np.einsum("tsi,ij,tsj->ts", errors, hessian / 2, errors)
        stiff = errors @ vectors[:, -1]
        relative_loss, relative_stiff = loss / loss[0], stiff / stiff[0]
        alive = np.abs(relative_stiff) > 1e-12  # what is left below that is rounding
        told = alive[1:] & alive[:-1]
        flips = np.zeros_like(loss)
        flips[1:] = np.cumsum(told & (stiff[1:] * stiff[:-1] < 0), axis=0) / np.maximum(np.cumsum(told, axis=0), 1)
        threshold = self.threshold(hessian, start - best) * values[-1]
        metrics = {
            "excess loss": relative_loss,
            "stiffest error": relative_stiff,
            "size of stiffest error": np.abs(relative_stiff),
            "sign changes": flips,
        }
        once = {"threshold": threshold, "theory/threshold": np.full(len(seeds), self.exact_threshold())}
        return untrained_curves(seeds, range(self.steps + 1), metrics, once)

    def exact_threshold(self) -> float:
        """The largest stable η λmax."""
        mu = self.momentum
        return {"plain": 2.0, "heavy_ball": 2 * (1 + mu), "nesterov": (2 + 2 * mu) / (1 + 2 * mu)}[self.method]

    def optimizer(self) -> Optimizer:
        if self.method == "plain":
            return SGD()
        return Momentum(momentum=self.momentum) if self.method == "heavy_ball" else Nesterov(momentum=self.momentum)

    def descend(
        self, hessian: Float[Array, "D D"], errors: Float[Array, "R D"], rates: Float[Array, " R"], at: Sequence[int]
    ) -> Float[Array, "T R D"]:
        """w − w* after the steps `at`; the gradient of J is hessian (w − w*)."""
        optimizer, W = self.optimizer(), errors[:, None, :].copy()
        eta, averages = rates[:, None, None], optimizer.start(W)
        path = [W[:, 0].copy()] if 0 in at else []
        with np.errstate(all="ignore"):  # rates beyond the threshold may overflow
            for t in range(1, max(at) + 1):
                g = W @ hessian
                optimizer.update(W, g, averages, Step(t, eta, slice(None), lambda W: W @ hessian))
                if t in at:
                    path.append(W[:, 0].copy())
        return np.stack(path)

    def threshold(self, hessian: Float[Array, "D D"], errors: Float[Array, "S D"]) -> Float[Array, " S"]:
        """The largest rate at which the gradient's norm at the end is less than half way, to 1/5,000 of the range tried."""
        stiffness = np.linalg.eigvalsh(hessian)[-1]
        low, width = np.zeros(len(errors)), np.full(len(errors), 4.5 / stiffness)
        for _ in range(ROUNDS):
            rates = low[:, None] + width[:, None] * np.arange(1, RATES + 1) / (RATES + 1)
            path = self.descend(hessian, np.repeat(errors, RATES, axis=0), rates.ravel(), (LONG // 2, LONG))
            with np.errstate(all="ignore"):
                halfway, end = np.linalg.norm(path @ hessian, axis=-1)
            falls = (end < halfway) | (end < 1e-12)
            stable = np.where(falls.reshape(rates.shape), rates, 0).max(axis=-1)
            low, width = np.maximum(low, stable), width / (RATES + 1)
        return low + width / 2


@choice
class DropoutLinear:
    """Dropout on the inputs of a linear model is ridge regression: E J = (1/N) ‖Xw − y‖² + q/(1 − q) Σⱼ mean(xⱼ²) wⱼ².

    Multiplying by N(1, q/(1 − q)) instead has the same expectation (Srivastava et al., JMLR 15:1929, 2014, section 9.1;
    Wager, Wang & Liang, NIPS 2013). Minibatch SGD on the noisy loss, averaged over the last half of its steps, beside
    that minimiser: `slope` is the least-squares slope of the trained coefficients on the exact ones, `distance` the norm
    of their difference over that of the exact ones. Features and target are standardised.
    """

    rate: float = number(default=0.5, within="(0, 1)")
    noise: str = one_of(default="dropout", options=("dropout", "gaussian"))
    epochs: int = whole(default=1500, within="[1, 1000000]")

    def check(self, dataset: Dataset) -> None:
        standardized(dataset)

    def __call__(self, dataset: Dataset, seeds: Sequence[int]) -> Curves:
        X, y = standardized(dataset)
        strength = self.rate / (1 - self.rate)
        exact = np.linalg.solve(X.T @ X / len(X) + strength * np.diag(np.mean(X**2, axis=0)), X.T @ y / len(X))
        source = Dropout(self.rate) if self.noise == "dropout" else MultiplicativeGaussian(strength**0.5)
        recipe = Recipe(
            network=MLP(hidden=(), initialization=Zeros()),
            loss=SquaredError(),
            optimizer=SGD(learning_rate=0.02),
            schedule=Inverse(halving=2000),
            averaging=Polyak(),
            noise=Noise(inputs=source),
            epochs=self.epochs,
            dtype="float64",
        )
        trained = coefficients(recipe, X, y, seeds)
        return untrained_curves(seeds, [0], beside(trained, np.tile(exact, (len(seeds), 1))))


@choice
class L2Path:
    """Gradient descent with the penalty ½ λ ‖w‖² ends in ridge regression: w = (XᵀX/N + λ/2 · I)⁻¹ Xᵀy/N, λ the `strength`.

    Every seed divides the data anew (`train` is the share for training, half are for testing) and standardises by its
    training rows; errors are mean squares over the variance of the training targets. `slope` and `distance` compare the
    trained coefficients with the exact ones.
    """

    strength: float = number(default=0.1, within="[0, inf)")
    train: float = number(default=0.2, within="(0, 0.5)")
    epochs: int = whole(default=4000, within="[1, 1000000]")

    @property
    def split(self) -> Holdout:
        return Holdout(train=self.train, validation=1, test=0.5)

    def check(self, dataset: Dataset) -> None:
        standardized(dataset)
        self.split(dataset, 0)

    def __call__(self, dataset: Dataset, seeds: Sequence[int]) -> Curves:
        ends, errors = [], []
        for seed in seeds:
            division = divide(dataset, self.split, None, Scaling(), seed, "float64")
            train, test = division.part("train"), division.part("test")
            (X, y), (X_test, y_test) = ((part.x, part.y[:, 0] - train.y.mean()) for part in (train, test))
            half_hessian = X.T @ X / len(X) + self.strength / 2 * np.eye(X.shape[1])
            exact = np.linalg.solve(half_hessian, X.T @ y / len(X))
            recipe = Recipe(
                network=MLP(hidden=(), initialization=Zeros()),
                loss=SquaredError(),
                optimizer=Nesterov(learning_rate=0.5 / np.linalg.eigvalsh(half_hessian)[-1], momentum=0.95),
                penalty=L2(self.strength),
                batch_size=None,
                epochs=self.epochs,
                dtype="float64",
            )
            trained = coefficients(recipe, X, y, [seed])[0]
            ends.append((trained, exact))
            errors.append(
                {
                    f"{prefix}{name} error": np.mean((data @ w - target) ** 2)
                    for prefix, w in (("", trained), ("theory/", exact))
                    for name, data, target in (("train", X, y), ("test", X_test, y_test))
                }
            )
        own = {name: np.array([[one[name] for one in errors]]) for name in errors[0]}
        return untrained_curves(seeds, [0], {**own, **beside(*np.stack(ends, axis=1))})


class Standardized(NamedTuple):
    X: Float[Array, "N D"]
    y: Float[Array, " N"]


def standardized(dataset: Dataset) -> Standardized:
    """Features and target with mean 0 and variance 1, without constant features. Raises ValueError but for one target."""
    if dataset.task != "regression" or dataset.y.shape[1] != 1:
        raise ValueError(
            f"{dataset.name} has no single number for a target, as least squares asks; take dataset=diabetes."
        )
    X, y = dataset.x.astype(float), dataset.y[:, 0].astype(float)
    X = X[:, X.std(axis=0) > 0]
    return Standardized((X - X.mean(axis=0)) / X.std(axis=0), (y - y.mean()) / y.std())


def coefficients(recipe: Recipe, X: Float[Array, "N D"], y: Float[Array, " N"], seeds: Sequence[int]):
    """The weights of a linear model after training, a row for every seed."""
    steps = recipe.epochs * recipe.steps_per_epoch(len(X))
    data = Examples(X[None], y[None, :, None], np.zeros(len(seeds), int))
    (last,) = train(recipe, data, seeds, {steps})
    return last.layers[0].W[:, :, 0].copy()


def beside(trained: Float[Array, "S D"], exact: Float[Array, "S D"]) -> dict[str, Float[Array, "1 S"]]:
    """Each coefficient, trained and exact, and how near they are altogether."""
    of = {f"trained/{j + 1}": trained[None, :, j] for j in range(trained.shape[1])}
    of |= {f"exact/{j + 1}": exact[None, :, j] for j in range(exact.shape[1])}
    norm = np.sum(exact**2, axis=1)
    distance = np.sqrt(np.sum((trained - exact) ** 2, axis=1) / norm)
    return {"slope": (np.sum(trained * exact, axis=1) / norm)[None], "distance": distance[None], **of}


def untrained_curves(
    seeds: Sequence[int],
    steps: Sequence[int],
    metrics: dict[str, Float[Array, "T S"]],
    once: dict[str, Float[Array, " S"]] | None = None,
) -> Curves:
    """Curves of quantities that are no losses: no seed counts as diverged."""
    listed = list(steps)
    return Curves(list(seeds), listed, [float(t) for t in listed], metrics, once or {}, np.full(len(seeds), -1))
