"""A regularizer changes how a network is trained, or which step counts, and nothing of the data that judge it."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from typing import Any

from backprop.losses import SoftmaxCrossEntropy
from experiments.data.splits import Holdout
from experiments.study.experiment import Experiment
from tests.promises.options import chosen

JUDGES = ("dataset", "split", "scaling", "seeds", "vary", "evaluate_at")


def promise(make: Callable[[], Experiment]) -> None:
    experiment, plain = make(), without()
    for name in JUDGES:
        ours, theirs = getattr(experiment, name), getattr(plain, name)
        assert repr(ours) == repr(theirs), f"a regularizer has changed {name}, by which it is judged, to {ours!r}"
    assert acts(experiment) != acts(plain), (
        "a regularizer changes nothing: what it chooses is off until it has a number"
    )


@cache
def without() -> Experiment:
    return chosen("regularizer", "none")()


def acts(experiment: Experiment) -> dict[str, Any]:
    """All that decides what training does, and which step counts."""
    recipe = {f.name: repr(getattr(experiment.recipe, f.name)) for f in fields(experiment.recipe)}  # type: ignore[arg-type]
    return recipe | {"selection": repr(experiment.selection), "corruption": repr(experiment.corruption)}


def of_two_names() -> Experiment:
    """Names a loss, the one that is the data's own anyway."""
    return replace(without(), recipe=replace(without().recipe, loss=SoftmaxCrossEntropy()))


def of_other_data() -> Experiment:
    """Trains on more examples."""
    return replace(without(), split=Holdout(train=0.7, validation=0.1, test=0.2))


BROKEN = [of_two_names, of_other_data]
