"""An ascent goes up along the gradient, or stays; where the gradient is 0 it stays.

It leaves weights and gradient as they are, and neither its type nor a neighbour in the stack changes where it ends.
"""

import numpy as np

from backprop.ascents import SAM, Ascent

R, P = 3, 7


def promise(ascent: Ascent) -> None:
    for dtype in ("float32", "float64"):
        draw = np.random.default_rng(0)
        W, g = (draw.standard_normal((R, 1, P)).astype(dtype) for _ in range(2))
        before = W.copy(), g.copy()
        point = ascent.point(W, g)
        assert (before[0] == W).all(), f"{ascent} changes the weights that are trained"
        assert (g == before[1]).all(), f"{ascent} changes the gradient"
        assert (point.shape, point.dtype) == (W.shape, W.dtype), f"{ascent} changes a shape or a type"
        up = ((point - W) * g).sum(axis=-1)
        assert (up >= 0).all(), f"{ascent} goes down: {up.min():.2g} along the gradient"
        assert (ascent.point(W, 0 * g) == W).all(), f"{ascent} moves where the gradient is 0"
        for r in range(R):
            alone = ascent.point(W[r : r + 1], g[r : r + 1])
            assert (alone[0] == point[r]).all(), f"{ascent} ends elsewhere in a stack than alone"
        with np.errstate(all="ignore"):
            ill = ascent.point(W, g * np.array([1, np.inf, 1], dtype)[:, None, None])
        assert (ill[[0, 2]] == point[[0, 2]]).all(), f"{ascent}: a diverged replica reaches another"


class Descent(SAM):
    """W − ρ g / ‖g‖."""

    def point(self, W, g):
        return SAM.point(self, W, -g)


class SAMByTheNormOfTheStack(SAM):
    """One norm for all replicas."""

    def point(self, W, g):
        norm = np.linalg.norm(g)
        return W + self.radius * g / (norm if norm > 0 else 1)


class SAMWithoutAGuard(SAM):
    """0 / 0 at a minimum."""

    def point(self, W, g):
        with np.errstate(invalid="ignore"):
            return W + self.radius * g / np.linalg.norm(g, axis=-1, keepdims=True)


class SAMInPlace(SAM):
    """Forgets to come back."""

    def point(self, W, g):
        W[...] = SAM.point(self, W, g)
        return W


class SAMInDoublePrecision(SAM):
    """Divides by a norm of another type than g's."""

    def point(self, W, g):
        return SAM.point(self, W, g.astype(float))


BROKEN = [Descent(), SAMByTheNormOfTheStack(), SAMWithoutAGuard(), SAMInPlace(), SAMInDoublePrecision()]
