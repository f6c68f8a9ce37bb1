"""A kept network with all it needs to predict: layers, weights, scaling, columns, classes. A NumPy archive, without pickle.

>>> from backprop.network import MLP
>>> from experiments.notebook import Experiment, Recipe, datasets, run
>>> irises = datasets.iris()
>>> results = run({"iris": Experiment(irises, Recipe(network=MLP((8,)), epochs=50), seeds=1)})
>>> results.network("iris", seed=0).predict(irises.x[:2]).tolist()
['setosa', 'setosa']
"""

import json
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
from backprop.choices import settings
from backprop.layers import Statistics
from backprop.layout import Layout, flattened, statistics_in
from backprop.losses import LINKS
from backprop.network import Network as Layers
from backprop.network import apply, lay_out
from backprop.sets import Scale, sets
from experiments.config.building import as_mistakes, built, checked
from experiments.config.errors import ConfigurationError
from experiments.config.targets import trusted
from experiments.data.datasets.columns import DATE_PARTS, DAYS, MISSING, feature
from experiments.data.datasets.dataset import Column
from experiments.study.experiment import Experiment
from reports.schema import KEPT_FILE

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 3  # of the archive
READABLE = (2, 3)  # the formats that are read: 2 knows no missing values and no dates
LARGEST = 2**32  # bytes: the most that one array may take
NEEDED = (
    "format",
    "data",
    "task",
    "network",
    "inputs",
    "outputs",
    "parameters",
    "link",
    "seed",
    "step",
    "classes",
    "columns",
    "values",
)


class Network(NamedTuple):
    """One seed's network at one step. It takes raw features and predicts in the user's units."""

    data: str  # the name of its dataset
    task: str  # classification or regression
    seed: int
    step: int
    layout: Layout  # its layers, and where their arrays lie in the parameters
    parameters: Float[Array, " P"]
    statistics: list[Statistics]  # of the training rows, for layers that are measured with them
    choice: Layers  # how the layers are written in a config
    features: Scale | None
    targets: Scale | None
    classes: list[Any]  # the user's labels, in the order of the outputs; empty for regression
    columns: list[Column]  # the features' names, if the data have them
    link: str  # how outputs become probabilities: a name of LINKS

    def outputs(self, x: Any) -> Float[Array, "N O"]:
        """The outputs of the last layer: scores of classes, or values in the target's unit."""
        seen = self.seen(x)
        with np.errstate(all="ignore"):  # a diverged network may overflow
            z, _ = apply(self.layout, self.layout.views(self.parameters[None, None], None, self.statistics), seen[None])
        return z[0] if self.targets is None else z[0] * self.targets.scale + self.targets.mean

    def predict(self, x: Any) -> Array:
        """Predicts the class label of each row; or its value, (N,) for one target, (N, K) for several."""
        found = self.outputs(x)
        if self.task == "classification":
            best = (found[:, 0] > 0).astype(int) if found.shape[1] == 1 else found.argmax(axis=1)
            return np.array(self.classes)[best]
        return found[:, 0] if found.shape[1] == 1 else found

    def predict_proba(self, x: Any) -> Float[Array, "N K"]:
        """p(class | x) in the order of `classes`, as the loss of its training understands the outputs.

        The softmax of the outputs, or σ of a single one; of sigmoid outputs each one's share of their sum. Raises ValueError
        for regression, and for outputs that only rank the classes.
        """
        if self.task != "classification":
            raise ValueError(f"the network for {self.data} does {self.task} and has no probabilities; use predict.")
        if self.link == "none":
            raise ValueError(
                f"the network for {self.data} was trained by a loss whose outputs are scores and no probabilities; use "
                "predict, or outputs."
            )
        z = self.outputs(x).astype(float)
        return LINKS[self.link](np.concatenate([np.zeros_like(z), z], axis=1) if z.shape[1] == 1 else z)

    def seen(self, x: Any) -> Float[Array, "N D"]:
        """Raw features as the network sees them. Raises ValueError where their shape, type or columns do not fit."""
        raw = self.by_name(x) if hasattr(x, "columns") and self.columns else np.asarray(x)
        raw = raw.reshape(len(raw), -1) if raw.ndim > 2 else raw
        inputs = self.layout.inputs
        if raw.ndim != 2 or raw.shape[1] != inputs or raw.dtype.kind not in "iufb":
            raise ValueError(
                f"x has shape {raw.shape} and type {raw.dtype}; the network takes numbers of shape (rows, {inputs}), the raw "
                f"features of {self.data}."
            )
        self.check_gaps(raw)
        rows = np.arange(len(raw))
        held = np.ascontiguousarray(raw, np.float32 if np.can_cast(raw.dtype, np.float32) else np.float64)
        own = sets(held, [rows], [self.features], str(self.parameters.dtype))
        return own.take(np.zeros(1, int), rows[None])[0]

    def check_gaps(self, raw: Array) -> None:
        """Raises ValueError for missing values that nothing in the network's training says how to fill."""
        if self.features is not None and self.features.fill is not None:
            return
        if raw.dtype.kind == "f" and np.isnan(raw).any():
            row, column = np.argwhere(np.isnan(raw))[0]
            name = repr(self.columns[column].name) if self.columns else f"number {column} (from 0)"
            raise ValueError(
                f"x has no value in row {row} for the feature {name}, and the network was trained on data without missing values; "
                "fill them, or train with dataset.missing=mean on data that have some."
            )

    def by_name(self, table: Any) -> Float[Array, "N D"]:
        """Takes the features from a table with named columns, in any order; other columns are ignored."""
        missing = sorted({column.name for column in self.columns} - {str(name) for name in table.columns})
        if missing:
            raise ValueError(f"x has no column {missing[0]!r}; the network takes {[c.name for c in self.columns]}.")
        import pandas as pd

        own = {str(name): pd.Series(table[name].to_numpy(), name=str(name)) for name in table.columns}
        return np.stack([feature(own[column.name], column) for column in self.columns], axis=1)

    def as_table(self, x: Float[Array, "N D"]) -> "pd.DataFrame":
        """Turns features back into the columns of the user's table."""
        import pandas as pd

        found: dict[str, Any] = {}
        for place, (name, value, what) in enumerate(self.columns):
            if value is not None:
                found[name] = np.where(x[:, place] > 0, value, found.get(name, np.full(len(x), "", object)))
            elif what == DAYS:
                found[name] = pd.to_datetime(x[:, place].astype(float), unit="D")
            elif not what:
                found[name] = x[:, place].astype(float)
        return pd.DataFrame(found)

    @property
    def weights(self) -> list[Float[Array, "I O"]]:
        """The weight matrices, in the order of the layers."""
        return [W[0] for W in self.layout.weights(self.parameters[None, None]).matrices]


def network_of(experiment: Experiment, seed: int, parameters: Float[Array, " P"], step: int) -> Network:
    """Builds a seed's network from its parameters."""
    split = dict(zip(experiment.all_seeds, experiment.seeds_of("split"), strict=True))[seed]
    division, data = experiment.divide(split), experiment.dataset
    layout, train = experiment.layout, division.part("train").x
    return Network(
        data.name,
        data.task,
        seed,
        step,
        layout,
        parameters,
        statistics_in(layout.settled(parameters[None, None], train[None])) if layout.settles else [],
        experiment.recipe.network,
        division.features,
        division.targets,
        list(data.classes or range(data.y.shape[1])) if data.task == "classification" else [],
        list(data.columns),
        experiment.recipe.loss.link,
    )


def save(network: Network, file: Path) -> None:
    """Writes the archive."""
    arrays: dict[str, Any] = {
        "format": FORMAT,
        **{name: getattr(network, name) for name in ("data", "task", "seed", "step", "parameters", "link")},
        "network": json.dumps(settings(network.choice), default=float),
        "inputs": network.layout.inputs,
        "outputs": network.layout.outputs,
        "classes": as_labels(network.classes),
        "columns": np.array([column.name for column in network.columns], str),
        "values": np.array([column.value or "" for column in network.columns], str),
        "categorical": np.array([column.value is not None for column in network.columns], bool),
        "whats": np.array([column.what for column in network.columns], str),
    }
    for name in ("features", "targets"):
        scale = getattr(network, name)
        if scale is not None:
            arrays |= {f"{name}/{part}": own for part, own in scale._asdict().items() if own is not None}
    for number, (mean, variance) in enumerate(network.statistics):
        arrays |= {f"statistics/{number}/mean": mean[0, 0], f"statistics/{number}/variance": variance[0, 0]}
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
    except (
        KeyError,
        TypeError,
        ValueError,
        IndexError,
        zipfile.BadZipFile,
        RecursionError,
        ConfigurationError,
    ) as error:
        raise ValueError(f"{file} is not a kept network: {error}") from error


def from_arrays(a: dict[str, Array]) -> Network:
    """Rebuilds a network from its arrays. Raises ValueError where one is missing or does not fit."""
    missing = [name for name in NEEDED if name not in a]
    if missing:
        raise ValueError(f"it has no array {missing[0]!r}")
    if int(a["format"]) not in READABLE:
        raise ValueError(f"it has format {a['format']}, and this program reads the formats {READABLE[0]} to {FORMAT}")
    choice = network_in(a)
    layout = lay_out(choice, int(a["inputs"]), int(a["outputs"]))
    scales = {name: scale_in(a, name) for name in ("features", "targets")}
    found = Network(
        str(a["data"]),
        str(a["task"]),
        int(a["seed"]),
        int(a["step"]),
        layout,
        a["parameters"],
        statistics_of(a),
        choice,
        scales["features"],
        scales["targets"],
        a["classes"].tolist(),
        columns_in(a),
        str(a["link"]),
    )
    if wrong := what_does_not_fit(found):
        raise ValueError(wrong)
    return found


def scale_in(a: dict[str, Array], name: str) -> Scale | None:
    return Scale(a[f"{name}/mean"], a[f"{name}/scale"], a.get(f"{name}/fill")) if f"{name}/mean" in a else None


def columns_in(a: dict[str, Array]) -> list[Column]:
    names, values = a["columns"].tolist(), a["values"].tolist()
    whats = a["whats"].tolist() if "whats" in a else [""] * len(names)
    if unknown := sorted(set(whats) - {"", MISSING, DAYS, *DATE_PARTS}):
        raise ValueError(f"its columns have what is called {unknown[0]!r}, and nothing is known to be so")
    values = [value if is_one else None for value, is_one in zip(values, a["categorical"], strict=True)]
    return [Column(*one) for one in zip(names, values, whats, strict=True)]


def network_in(a: dict[str, Array]) -> Layers:
    """Builds the network that the archive describes: classes of this project, and those that the user allows by name."""
    node = checked(json.loads(str(a["network"])), "network", trusted())
    with as_mistakes():
        network = built(json.dumps(node))
    if not isinstance(network, Layers):
        raise ValueError(f"its network is a {type(network).__name__}, which has no layers")
    return network


def statistics_of(a: dict[str, Array]) -> list[Statistics]:
    numbers = range(sum(name.startswith("statistics/") for name in a) // 2)
    return [Statistics(*(a[f"statistics/{n}/{name}"][None, None] for name in Statistics._fields)) for n in numbers]


def what_does_not_fit(network: Network) -> str:
    """Says which part of a network does not fit the others; empty if all fit."""
    layout, P = network.layout, network.parameters
    if P.dtype.kind != "f" or P.shape != (layout.count(),):
        return f"its parameters have type {P.dtype} and shape {P.shape}; its layers need {layout.count()} numbers"
    if network.link not in LINKS:
        return f"its link is {network.link!r}; it must be one of {', '.join(LINKS)}"
    needed = [one.outputs for one in flattened(layout.declared) if one.settles]
    given = [one.mean.size for one in network.statistics]
    if given != needed or any(one.mean.shape != one.variance.shape for one in network.statistics):
        return f"its statistics are of {given} columns; its layers need those of {needed}"
    outputs = max(layout.outputs, 2) if network.task == "classification" else 0
    sizes = [("classes", len(network.classes), outputs)]
    sizes += [("columns", len(network.columns) or layout.inputs, layout.inputs)]
    scales = (("features", network.features, layout.inputs), ("targets", network.targets, layout.outputs))
    sizes += [(name, part.size, width) for name, scale, width in scales for part in scale or () if part is not None]
    return next((f"its {name} are {size}, not {wanted}" for name, size, wanted in sizes if size != wanted), "")


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
