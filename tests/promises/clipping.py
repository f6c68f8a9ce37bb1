"""Clipping makes no component longer and turns none around, and does nothing the second time.

Of a gradient twice as long no less is left, and one of 1e-9 is left alone. Where its docstring says that it keeps the
direction of the whole, or of each array, it does.
"""

import numpy as np

from backprop.arrays import Array
from backprop.clipping import ClipGlobalNorm, Clipping, ClipValue
from backprop.network import MLP, lay_out

R = 2
LAYOUT = lay_out(MLP((7,)), 5, 3)


def promise(clipping: Clipping) -> None:
    draw = np.random.default_rng(0)
    for size in (1e-9, 0.1, 1.0, 100.0):
        g = size * draw.standard_normal((R, 1, LAYOUT.count()))
        shorter = clipped(clipping, g)
        assert (g * shorter >= 0).all(), f"{clipping} turns a component around"
        assert (np.abs(shorter) <= np.abs(g)).all(), f"{clipping} makes a component longer"
        again = clipped(clipping, shorter)
        np.testing.assert_allclose(again, shorter, rtol=1e-12, err_msg=f"{clipping}: twice is not once")
        longer = clipped(clipping, 2 * g)
        assert (np.abs(longer) >= (1 - 1e-12) * np.abs(shorter)).all(), f"{clipping} leaves less of a longer gradient"
        assert size > 1e-9 or (shorter == g).all(), f"{clipping} changes a gradient of 1e-9"
        for before, after in arrays_with_a_direction(clipping, g, shorter):
            cosine = (before * after).sum() / (np.linalg.norm(before) * np.linalg.norm(after))
            assert cosine > 1 - 1e-12, f"{clipping} says that it keeps the direction, and turns it: cosine {cosine:.3f}"


def clipped(clipping: Clipping, g: Array) -> Array:
    shorter = g.copy()
    clipping.clip(shorter, LAYOUT.arrays(shorter))
    return shorter


def arrays_with_a_direction(clipping: Clipping, before: Array, after: Array) -> list[tuple[Array, Array]]:
    """What the docstring speaks of, before and after, replica by replica."""
    says = clipping.__doc__ or ""
    if "keeps the direction of the whole" in says:
        return list(zip(before, after, strict=True))
    if "keeps the direction of each" in says:
        pairs = zip(LAYOUT.arrays(before), LAYOUT.arrays(after), strict=True)
        return [(old[r], new[r]) for old, new in pairs for r in range(R)]
    return []


class ClipValueThatClaimsMore(ClipValue):
    """g ← min(max(g, −c), c), which keeps the direction of the whole, it says."""


class Normalising(ClipGlobalNorm):
    """g ← g c / ‖g‖, also where ‖g‖ is less."""

    def clip(self, g, arrays):
        g *= self.limit / np.linalg.norm(g, axis=-1, keepdims=True)


class ClipAbove(ClipValue):
    """g ← max(g, c): an end mistaken for the other."""

    def clip(self, g, arrays):
        np.maximum(g, self.limit, out=g)


class ClipNormWithoutTheRoot(ClipGlobalNorm):
    """g ← g min(1, c / ‖g‖²)."""

    def clip(self, g, arrays):
        g *= np.minimum(1, self.limit / (g * g).sum(axis=-1, keepdims=True))


BROKEN = [ClipValueThatClaimsMore(), Normalising(), ClipAbove(), ClipNormWithoutTheRoot()]
