"""A kept network with all it needs to predict: weights, activation, scaling, columns, classes. A NumPy archive, without pickle.

>>> from backprop.network import MLP
>>> from experiments.notebook import Experiment, Recipe, datasets, run
>>> irises = datasets.iris()
>>> results = run({"iris": Experiment(irises, Recipe(network=MLP((8,)), epochs=50), seeds=1)})
>>> results.network("iris", seed=0).predict(irises.x[:2]).tolist()
['setosa', 'setosa']
"""

import logging
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.network import MLP, Layer, apply, views
from backprop.operations import ACTIVATIONS
from backprop.sets import Scale, sets
from experiments.data.datasets.dataset import Column
from experiments.study.experiment import Experiment
from reports.schema import KEPT_FILE

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1  # of the archive
LARGEST = 2**32  # bytes: the most that one array may take
NEEDED = ("format", "data", "task", "activation", "seed", "step", "classes", "columns", "values")


class Network(NamedTuple):
    """One seed's network at one step. It takes raw features and predicts in the user's units."""

    data: str  # the name of its dataset
    task: str  # classification or regression
    seed: int
    step: int
    activation: str
    layers: list[Layer]  # W (1, I, O) and b (1, 1, O)
    features: Scale | None
    targets: Scale | None
    classes: list[Any]  # the user's labels, in the order of the outputs; empty for regression
    columns: list[Column]  # the features' names, if the data have them

    def outputs(self, x: Any) -> Float[Array, "N O"]:
        """The outputs of the last layer: scores of classes, or values in the target's unit."""
        seen = self.seen(x)
        with np.errstate(all="ignore"):  # a diverged network may overflow
            z, _ = apply(MLP(self.hidden, self.activation), self.layers, seen[None])
        return z[0] if self.targets is None else z[0] * self.targets.scale + self.targets.mean

    def predict(self, x: Any) -> Array:
        """Predicts the class label of each row; or its value, (N,) for one target, (N, K) for several."""
        found = self.outputs(x)
        if self.task == "classification":
            best = (found[:, 0] > 0).astype(int) if found.shape[1] == 1 else found.argmax(axis=1)
            return np.array(self.classes)[best]
        return found[:, 0] if found.shape[1] == 1 else found

    def predict_proba(self, x: Any) -> Float[Array, "N K"]:
        """p(class | x) in the order of `classes`: the softmax of the outputs, or σ of a single one. Raises ValueError for regression."""
        if self.task != "classification":
            raise ValueError(f"the network for {self.data} does {self.task} and has no probabilities; use predict.")
        z = self.outputs(x).astype(float)
        z = np.concatenate([np.zeros_like(z), z], axis=1) if z.shape[1] == 1 else z
        p = np.exp(z - z.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    @property
    def hidden(self) -> tuple[int, ...]:
        return tuple(W.shape[-1] for W, _ in self.layers[:-1])

    def seen(self, x: Any) -> Float[Array, "N D"]:
        """Raw features as the network sees them. Raises ValueError where their shape, type or columns do not fit."""
        raw = self.by_name(x) if hasattr(x, "columns") and self.columns else np.asarray(x)
        raw = raw.reshape(len(raw), -1) if raw.ndim > 2 else raw
        inputs = self.layers[0].W.shape[-2]
        if raw.ndim != 2 or raw.shape[1] != inputs or raw.dtype.kind not in "iufb":
            raise ValueError(
                f"x has shape {raw.shape} and type {raw.dtype}; the network takes numbers of shape (rows, {inputs}), the raw "
                f"features of {self.data}."
            )
        rows = np.arange(len(raw))
        held = np.ascontiguousarray(raw, np.float32 if np.can_cast(raw.dtype, np.float32) else np.float64)
        own = sets(held, [rows], [self.features], str(self.layers[0].W.dtype))
        return own.take(np.zeros(1, int), rows[None])[0]

    def by_name(self, table: Any) -> Float[Array, "N D"]:
        """Takes the features from a table with named columns, in any order; other columns are ignored."""
        missing = sorted({column.name for column in self.columns} - {str(name) for name in table.columns})
        if missing:
            raise ValueError(f"x has no column {missing[0]!r}; the network takes {[c.name for c in self.columns]}.")
        own = {str(name): table[name].to_numpy() for name in table.columns}
        found = [
            own[name].astype(float) if value is None else (own[name].astype(str) == value).astype(float)
            for name, value in self.columns
        ]
        return np.stack(found, axis=1)

    def as_table(self, x: Float[Array, "N D"]) -> "pd.DataFrame":
        """Turns features back into the columns of the user's table."""
        import pandas as pd

        found: dict[str, Any] = {}
        for place, (name, value) in enumerate(self.columns):
            if value is None:
                found[name] = x[:, place].astype(float)
            else:
                found[name] = np.where(x[:, place] > 0, value, found.get(name, np.full(len(x), "", object)))
        return pd.DataFrame(found)

    @property
    def parameters(self) -> Float[Array, " P"]:
        """All weights, then all biases, in the order of training."""
        return np.concatenate([W.ravel() for W, _ in self.layers] + [b.ravel() for _, b in self.layers])


def network_of(experiment: Experiment, seed: int, parameters: Float[Array, " P"], step: int) -> Network:
    """Builds a seed's network from its parameters."""
    split = dict(zip(experiment.all_seeds, experiment.seeds_of("split"), strict=True))[seed]
    division, data = experiment.divide(split), experiment.dataset
    sizes = experiment.recipe.network.sizes(division.x.shape[1], division.y.shape[1])
    return Network(
        data.name,
        data.task,
        seed,
        step,
        experiment.recipe.network.activation,
        views(parameters[None, None], sizes),
        division.features,
        division.targets,
        list(data.classes or range(data.y.shape[1])) if data.task == "classification" else [],
        list(data.columns),
    )


def save(network: Network, file: Path) -> None:
    """Writes the archive."""
    arrays: dict[str, Any] = {
        "format": FORMAT,
        **{name: getattr(network, name) for name in ("data", "task", "seed", "step", "activation")},
        "classes": as_labels(network.classes),
        "columns": np.array([column.name for column in network.columns], str),
        "values": np.array([column.value or "" for column in network.columns], str),
        "categorical": np.array([column.value is not None for column in network.columns], bool),
    }
    for name in ("features", "targets"):
        scale = getattr(network, name)
        if scale is not None:
            arrays |= {f"{name}/mean": scale.mean, f"{name}/scale": scale.scale}
    for depth, (W, b) in enumerate(network.layers):
        arrays |= {f"W/{depth}": W[0], f"b/{depth}": b[0, 0]}
    with file.open("wb") as opened:
        np.savez(opened, **arrays)


def as_labels(classes: Sequence[Any]) -> Array:
    """Labels as an array that needs no pickle: numbers, booleans or text; text if they are of several kinds."""
    found = np.array(list(classes))
    return found.astype(str) if found.dtype.kind == "O" else found


def load(file: str | Path) -> Network:
    """Loads a kept network from its file, without unpickling. Raises ValueError where the file holds none."""
    try:
        with zipfile.ZipFile(file) as archive:
            large = [member.filename for member in archive.infolist() if member.file_size > LARGEST]
        if large:
            raise ValueError(f"its array {large[0]!r} takes more than {LARGEST:,} bytes")
        with np.load(file, allow_pickle=False) as arrays:
            return from_arrays(dict(arrays))
    except (KeyError, TypeError, ValueError, IndexError, zipfile.BadZipFile) as error:
        raise ValueError(f"{file} is not a kept network: {error}") from error


def from_arrays(a: dict[str, Array]) -> Network:
    """Rebuilds a network from its arrays. Raises ValueError where one is missing or does not fit."""
    missing = [name for name in NEEDED if name not in a]
    if missing:
        raise ValueError(f"it has no array {missing[0]!r}")
    if int(a["format"]) != FORMAT:
        raise ValueError(f"it has format {a['format']}, and this program reads format {FORMAT}")
    depth = sum(name.startswith("W/") for name in a)
    layers = [Layer(a[f"W/{d}"][None], a[f"b/{d}"][None, None]) for d in range(depth)]
    scales = {name: scale_in(a, name) for name in ("features", "targets")}
    values = [value if is_one else None for value, is_one in zip(a["values"].tolist(), a["categorical"], strict=True)]
    found = Network(
        str(a["data"]),
        str(a["task"]),
        int(a["seed"]),
        int(a["step"]),
        str(a["activation"]),
        layers,
        scales["features"],
        scales["targets"],
        a["classes"].tolist(),
        [Column(name, value) for name, value in zip(a["columns"].tolist(), values, strict=True)],
    )
    if wrong := what_does_not_fit(found):
        raise ValueError(wrong)
    return found


def scale_in(a: dict[str, Array], name: str) -> Scale | None:
    return Scale(a[f"{name}/mean"], a[f"{name}/scale"]) if f"{name}/mean" in a else None


def what_does_not_fit(network: Network) -> str:
    """Says which part of a network does not fit the others; empty if all fit."""
    if not network.layers:
        return "it has no layers"
    widths = [network.layers[0].W.shape[-2]] if network.layers[0].W.ndim == 3 else []
    for depth, (W, b) in enumerate(network.layers):
        if W.ndim != 3 or W.dtype.kind != "f" or W.shape[-2] != widths[-1] or b.shape != (1, 1, W.shape[-1]):
            return f"W/{depth} of shape {W.shape[1:]} and b/{depth} of shape {b.shape[2:]} are no layer after {widths}"
        widths.append(W.shape[-1])
    if network.activation not in ACTIVATIONS:
        return f"its activation is {network.activation!r}; it must be one of {', '.join(ACTIVATIONS)}"
    outputs = max(widths[-1], 2) if network.task == "classification" else 0
    sizes = [("classes", len(network.classes), outputs), ("columns", len(network.columns) or widths[0], widths[0])]
    scales = (("features", network.features, widths[0]), ("targets", network.targets, widths[-1]))
    sizes += [(name, scale.mean.size, width) for name, scale, width in scales if scale is not None]
    return next((f"its {name} are {found}, not {wanted}" for name, found, wanted in sizes if found != wanted), "")


def write_model(network: Network, folder: Path, x: Float[Array, "n D"]) -> None:
    """Saves the network as an MLflow model for `mlflow.pyfunc.load_model`; raw features `x` show what it takes."""
    example = network.as_table(x) if network.columns else x
    with TemporaryDirectory() as draft, quiet("mlflow"):
        import mlflow
        from mlflow.models import ModelSignature

        inputs, outputs = (mlflow.models.infer_signature(one).inputs for one in (example, network.predict(x)))
        save(network, Path(draft) / KEPT_FILE)
        mlflow.pyfunc.save_model(
            folder,
            loader_module=__name__,
            data_path=str(Path(draft) / KEPT_FILE),
            signature=ModelSignature(inputs, outputs),
            input_example=example,
            pip_requirements=[f"backprop-lab=={version('backprop-lab')}"],
        )


@contextmanager
def quiet(name: str) -> Iterator[None]:
    """Silences all warnings, and what a package logs below ERROR."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


class Model:
    """The object on which MLflow calls `predict`."""

    def __init__(self, network: Network):
        self.network = network

    def predict(self, model_input: Any, params: Any = None) -> Array:
        return self.network.predict(model_input)


def _load_pyfunc(path: str) -> Model:
    """Opens a saved model; MLflow prescribes the name."""
    return Model(load(path))
