"""Networks whose outputs scale with their weights: layers without a bend other than at 0, biases left aside."""

from collections.abc import Iterator, Sequence

from backprop.fusion import Rectified
from backprop.layers import Activation, Dense, Layer, Noise, Residual, Scale
from backprop.measures.measure import Subject

HOMOGENEOUS = ("relu", "identity")


def check_homogeneous(subject: Subject, measure: str, residual: bool) -> None:
    """Raises ValueError where a layer is none of Dense, Scale, relu and identity, or, unless they are allowed, is Residual."""
    for layer in every(subject.layout.layers):
        wrong = isinstance(layer, Activation) and layer.function not in HOMOGENEOUS
        if wrong or not isinstance(layer, (Dense, Scale, Rectified, Activation, Noise, *([Residual] * residual))):
            name = layer.function if isinstance(layer, Activation) else type(layer).__name__
            raise ValueError(
                f"{measure} is of networks of relu or identity layers, and this {type(subject.recipe.network).__name__} has "
                f"{name}; take network.activation=relu without normalization, or leave the measure out."
            )


def every(layers: Sequence[Layer]) -> Iterator[Layer]:
    """All layers, those inside others too."""
    for layer in layers:
        yield layer
        yield from every(getattr(layer, "layers", ()))
