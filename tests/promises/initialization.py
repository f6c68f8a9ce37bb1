"""A seed's first weights are finite, the same each time and among any others, and a network's gradient is right from there."""

import numpy as np

from backprop.initializations import Initialization, Normal, Orthogonal
from backprop.network import MLP
from backprop.randomness import Streams
from tests.promises import network
from tests.promises.options import variants

I, O = 5, 7  # noqa: E741


def promise(initialization: Initialization) -> None:
    together = initialization(I, O, Streams([3, 1, 3], "init"))
    assert together.shape == (3, I, O), f"{initialization} gives {together.shape}, not {(3, I, O)}"
    assert np.isfinite(together).all(), f"{initialization} gives weights that are not finite"
    assert (together[0] == together[2]).all(), f"{initialization} gives one seed two starts"
    for seed, among in ((3, together[0]), (1, together[1])):
        (alone,) = initialization(I, O, Streams([seed], "init"))
        assert (alone == among).all(), f"{initialization} starts a seed elsewhere when others are there"
    for one in variants(MLP((11,), initialization=initialization), "initialization"):
        network.the_gradient_is_right(one)


class Unseeded(Normal):
    """Draws from the clock."""

    def __call__(self, inputs, outputs, streams):
        return np.random.default_rng().standard_normal((len(streams.replicas), inputs, outputs))


class Transposed(Normal):
    """Gives W (O, I), as other texts have it."""

    def __call__(self, inputs, outputs, streams):
        return Normal.__call__(self, outputs, inputs, streams)


class ScaledByTheStack(Normal):
    """Divides by the deviation of all replicas' weights."""

    def __call__(self, inputs, outputs, streams):
        W = Normal.__call__(self, inputs, outputs, streams)
        return W / W.std()


class OrthogonalTogether(Orthogonal):
    """Makes the columns of all replicas orthonormal to one another."""

    def __call__(self, inputs, outputs, streams):
        G = streams.normal(inputs, outputs, np.dtype("float64"))
        Q, _ = np.linalg.qr(G.reshape(-1, outputs))
        return Q.reshape(G.shape)


BROKEN = [Unseeded(), Transposed(), ScaledByTheStack(), OrthogonalTogether()]
