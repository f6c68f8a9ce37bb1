"""Gradient descent on least squares: what theory says of every step, and of the largest rate that converges."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, integer, number, one_of
from backprop.optimizers import SGD, Momentum, Nesterov, Optimizer, Step
from backprop.randomness import generator
from experiments.data.datasets.dataset import Dataset
from experiments.study.curves import Curves, untrained_curves
from experiments.study.theories.least_squares import standardized

METHODS = ("plain", "heavy_ball", "nesterov")
ROUNDS, RATES, LONG = 3, 16, 4000  # of the search for a threshold: 16 rates, 17 times finer each round, 4,000 steps


@choice
class Descent:
    """w ← w − η ∇J on least squares, J = (1/N) ‖Xw − y‖², η = `relative_rate` / λmax, λmax the largest eigenvalue of ∇²J.

    Also as heavy ball or Nesterov with `momentum` μ. On a quadratic, each eigenvector's error follows a recursion of
    its own, so the largest stable η is known: 2/λmax plain, 2(1 + μ)/λmax for the heavy ball (Polyak, 1964) and
    (2 + 2μ)/((1 + 2μ) λmax) for Nesterov. At every step: the excess loss J − min J and the error along the stiffest
    eigenvector, both relative to the start, and the share of steps so far in which that error changed its sign (until
    only rounding is left of it). Once: the `threshold`, the largest η λmax at which ‖∇J‖ still falls, searched for with
    the optimiser itself. Every seed starts at another w. Features and target are standardised; constant features are
    left out.
    """

    method: str = one_of(default="plain", options=METHODS)
    relative_rate: float = number(default=1.0, within="(0, inf)")
    momentum: float = number(default=0.9, within="[0, 1)")
    steps: int = integer(default=50, within="[1, 100000]")

    def check(self, dataset: Dataset) -> None:
        standardized(dataset)

    def names(self, dataset: Dataset) -> list[str]:
        paths = ["excess_loss", "stiffest_error", "stiffest_error/size", "sign_changes"]
        return [*paths, "threshold", "theory/threshold"]

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
        clear = alive[1:] & alive[:-1]
        flips = np.zeros_like(loss)
        flips[1:] = np.cumsum(clear & (stiff[1:] * stiff[:-1] < 0), axis=0) / np.maximum(np.cumsum(clear, axis=0), 1)
        threshold = self.threshold(hessian, start - best) * values[-1]
        metrics = {
            "excess_loss": relative_loss,
            "stiffest_error": relative_stiff,
            "stiffest_error/size": np.abs(relative_stiff),
            "sign_changes": flips,
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

        def gradient_at(W):
            return W @ hessian

        def objective_at(W):
            return 0.5 * (W * gradient_at(W)).sum(axis=-1, keepdims=True)

        optimizer, W = self.optimizer(), errors[:, None, :].copy()
        eta, state = rates[:, None, None], optimizer.init(W)
        path = [W[:, 0].copy()] if 0 in at else []
        with np.errstate(all="ignore"):  # rates beyond the threshold may overflow
            for t in range(1, max(at) + 1):
                optimizer.update(W, gradient_at(W), state, Step(t, eta, W.shape[-1], gradient_at, objective_at))
                if t in at:
                    path.append(W[:, 0].copy())
        return np.stack(path)

    def threshold(self, hessian: Float[Array, "D D"], errors: Float[Array, "S D"]) -> Float[Array, " S"]:
        """The largest rate at which the gradient's norm ends below its value half way, to 1/5,000 of the range tried."""
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
