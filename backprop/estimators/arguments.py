"""The arguments of an estimator: its own, and every field of a recipe, which is None where the recipe's default is to hold.

scikit-learn reads them from the signature of `__init__`. So what a recipe gains is an argument, without an edit here.
"""

from collections.abc import Callable
from dataclasses import fields
from inspect import Parameter, Signature
from typing import Any, TypeVar

from backprop.training import Recipe

T = TypeVar("T", bound=type)
OWN = {  # of every estimator
    "hidden": (100,),
    "activation": "relu",
    "batch_size": 32,
    "epochs": 200,
    "early_stopping": False,
    "validation_fraction": 0.1,
    "warm_start": False,
    "random_state": None,
    "dtype": "float64",
}
CHOSEN_BY_THE_TASK = ("loss",)


def arguments(**own: Any) -> Callable[[T], T]:
    """A class whose `__init__` takes these arguments, with these defaults, and then the fields of a recipe, and keeps them as they are.

    >>> @arguments(hidden=(100,), epochs=200)
    ... class Net: ...
    >>> vars(Net((3,), penalty="L2"))["hidden"], Net().epochs, Net().noise
    ((3,), 200, None)
    >>> Net(penalti="L2")
    Traceback (most recent call last):
    TypeError: got an unexpected keyword argument 'penalti'
    """
    of_recipe = {f.name: None for f in fields(Recipe) if f.name not in CHOSEN_BY_THE_TASK}  # type: ignore[arg-type]
    kind = Parameter.POSITIONAL_OR_KEYWORD
    defaults = (own | of_recipe | own).items()
    signature = Signature(
        [Parameter("self", kind), *(Parameter(name, kind, default=default) for name, default in defaults)]
    )

    def initialize(self: Any, *given: Any, **named: Any) -> None:
        bound = signature.bind(self, *given, **named)
        bound.apply_defaults()
        vars(self).update(dict(list(bound.arguments.items())[1:]))

    def decorated(cls: T) -> T:
        initialize.__signature__ = signature  # type: ignore[attr-defined]
        initialize.__name__, initialize.__qualname__ = "__init__", f"{cls.__qualname__}.__init__"
        cls.__init__ = initialize  # type: ignore[misc]
        return cls

    return decorated
