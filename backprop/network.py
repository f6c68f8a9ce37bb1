"""Networks: each choice is a short way to write a list of layers. What is trained is the list."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float

from backprop.arrays import Array, PerReplica
from backprop.choices import choice, integer, number, one_of
from backprop.fusion import fused
from backprop.initializations import He, Initialization, Zeros
from backprop.layers import Activation, Dense, Layer, Owned, Residual, Scale, through
from backprop.layers import Noise as NoiseLayer
from backprop.layout import Layout
from backprop.noise import Noise, of_layer
from backprop.normalization import BatchNorm, LayerNorm
from backprop.operations import ACTIVATIONS

Outputs = Float[Array, "R B O"]
NORMALIZATIONS: dict[str, tuple[Layer, ...]] = {"none": (), "layer": (LayerNorm(),), "batch": (BatchNorm(),)}


@runtime_checkable
class Network(Protocol):
    """What the loop asks of a network."""

    @property
    def layers(self) -> Sequence[Layer]: ...


@choice
class MLP:
    """aₗ₊₁ = φ(aₗ Wₗ + bₗ) through the hidden layers, then z = a W + b. No hidden layer: the linear model.

    `normalization` layer or batch stands between affine map and φ. A bias starts at 0, or as a row of weights drawn by
    `bias_initialization`.
    """

    hidden: tuple[int, ...] = (128,)
    activation: str = one_of(default="relu", options=(*ACTIVATIONS,))
    initialization: Initialization = He()
    bias_initialization: Initialization = Zeros()
    normalization: str = one_of(default="none", options=(*NORMALIZATIONS,))

    def __post_init__(self) -> None:
        if not isinstance(self.hidden, list | tuple) or not all(
            type(width) is int and width > 0 for width in self.hidden
        ):
            raise ValueError(
                f"MLP.hidden is {self.hidden!r}; it must be a list of positive whole numbers, such as [64]."
            )
        object.__setattr__(self, "hidden", tuple(self.hidden))

    @property
    def layers(self) -> tuple[Layer, ...]:
        between: tuple[Layer, ...] = (*NORMALIZATIONS[self.normalization], Activation(self.activation))
        blocks: list[Layer] = [layer for width in self.hidden for layer in (Dense(width), *between)]
        return initialized((*blocks, Dense()), self.initialization, self.bias_initialization)


@choice
class ResidualMLP:
    """a₀ = x W + b; aₗ₊₁ = aₗ + φ(aₗ Wₗ + bₗ) through `blocks` of them, all `width` wide; then z = a W + b. He et al., CVPR 2016."""

    width: int = integer(default=64, within="[1, inf)")
    blocks: int = integer(default=2, within="[1, inf)")
    activation: str = one_of(default="relu", options=(*ACTIVATIONS,))
    initialization: Initialization = He()
    bias_initialization: Initialization = Zeros()

    @property
    def layers(self) -> tuple[Layer, ...]:
        wide = Dense(self.width)
        block = Residual(layers=(wide, Activation(self.activation)))
        return initialized((wide, *[block] * self.blocks, Dense()), self.initialization, self.bias_initialization)


@choice
class Diagonal:
    """z = (x ∘ u₁ ∘ … ∘ u_d) V + b, d the `depth`: a linear model, whose coefficients are products of weights.

    With one output and depth 1, ½ λ (‖u‖² + ‖v‖²) is least, for given products w = u ∘ v, at λ Σ |w|: an L2 penalty on this
    network is a Lasso on the model (Hoff, Comput. Stat. Data Anal. 115:186, 2017); with several outputs, the group lasso over inputs.
    """

    depth: int = integer(default=1, within="[0, inf)")
    initial: PerReplica = number(default=1.0, within="(-inf, inf)")
    initialization: Initialization = He()
    bias_initialization: Initialization = Zeros()

    @property
    def layers(self) -> tuple[Layer, ...]:
        layers: list[Layer] = [*[Scale(self.initial)] * self.depth, Dense()]
        return initialized(layers, self.initialization, self.bias_initialization)


@choice
class Layers:
    """Any list of layers, one after the other; a Dense without units makes as many outputs as the data have.

    `initialization` and `bias_initialization` are those of every Dense which has none of its own.
    """

    layers: tuple[Layer, ...] = (Dense(),)
    initialization: Initialization = He()
    bias_initialization: Initialization = Zeros()

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", initialized(self.layers, self.initialization, self.bias_initialization))


def initialized(
    layers: Sequence[Layer], initialization: Initialization, bias_initialization: Initialization | None
) -> tuple[Layer, ...]:
    """The layers, with initializations for every Dense that has none of its own."""
    done: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Residual):
            inside = initialized(layer.layers, initialization, bias_initialization)
            done.append(replace(layer, layers=inside))
        elif isinstance(layer, Dense):
            of_weights, of_biases = (
                layer.initialization or initialization,
                layer.bias_initialization or bias_initialization,
            )
            done.append(replace(layer, initialization=of_weights, bias_initialization=of_biases))
        else:
            done.append(layer)
    return tuple(done)


def lay_out(network: Network, inputs: int, outputs: int, noise: Noise = Noise()) -> Layout:  # noqa: B008
    """The network's layers for such data, with noise where it acts, and the place of every array.

    Raises ValueError where layers do not fit each other or the data.
    """
    layout = Layout(fused(with_noise(network.layers, noise)), inputs, outputs)
    made = layout.declared[-1].outputs if layout.declared else inputs
    if made != outputs:
        raise ValueError(
            f"the last layer of {type(network).__name__} makes {made} outputs, and the data need {outputs}; end with a Dense "
            "without units, which makes as many as the data need."
        )
    return layout


def with_noise(layers: Sequence[Layer], noise: Noise) -> tuple[Layer, ...]:
    """The layers with noise on the inputs, after every activation, and on the weights of every Dense."""
    sites = {site: counted(noise, site, number_of(kind, layers)) for site, kind in KINDS.items()}
    if noise.gradients:
        of_layer(noise.gradients, 0, 1)  # the check
    at_inputs: list[Layer] = [NoiseLayer(of_layer(noise.inputs, 0, 1), "inputs")] if noise.inputs else []
    return (*at_inputs, *placed(layers, sites))


KINDS: dict[str, type] = {"hidden": Activation, "weights": Dense}  # noise acts after, or on, these layers


def counted(noise: Noise, site: str, count: int) -> Iterator[Any]:
    """The source of each layer of a site in turn; nothing where there is none. Raises ValueError where it does not fit."""
    source = getattr(noise, site)
    if source is not None and not count:
        raise ValueError(
            f"noise.{site} is set, but the network has no hidden layer; give network.hidden some widths, or leave it out."
        )
    return iter([source and of_layer(source, n, count) for n in range(count)])


def number_of(kind: type, layers: Sequence[Layer]) -> int:
    return sum(
        number_of(kind, layer.layers) if isinstance(layer, Residual) else type(layer) is kind for layer in layers
    )


def placed(layers: Sequence[Layer], sites: dict[str, Iterator[Any]]) -> Iterator[Layer]:
    for layer in layers:
        if isinstance(layer, Residual):
            yield replace(layer, layers=tuple(placed(layer.layers, sites)))
        elif type(layer) is Dense:
            source = next(sites["weights"])
            yield replace(layer, noise=layer.noise or source)
        else:
            yield layer
        if type(layer) is Activation and (source := next(sites["hidden"])):
            yield NoiseLayer(source, "hidden")


def apply(layout: Layout, owned: Sequence[Owned], x: Float[Array, "R B I"]):
    """The outputs z, shape (R, B, O), and the pullback that writes the gradients of all arrays; it gives ∂J/∂x as a function.

    Noise is drawn where `owned` has streams: training and evaluation are the same call.
    """
    return through(layout.layers, x, owned)
