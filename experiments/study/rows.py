"""Errors of all validation and test rows, for every seed, at every evaluation or at those that selection rules take.

In classification an error is one bit per evaluation, packed; in regression it is the squared error in the target's unit²,
float32. Where a network has diverged its rows are wrong, or NaN.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt

from backprop.arrays import Array
from reports.schema import OUTPUTS


class Rows(NamedTuple):
    """N rows, grouped by seed, validation before test, each part in the order of row numbers."""

    seed: UInt[Array, " N"]
    part: Int[Array, " N"]  # its index in HELD_OUT
    row: UInt[Array, " N"]  # its number in the dataset
    at: tuple[str, ...]  # steps, then selection rules, as the table of seeds calls them
    own: str  # the one of `at` that counts
    errors: Array  # packed bits (N, bytes) in the order of `at`, or float32 (N, at)
    outputs: dict[
        str, Float[Array, "N O"]
    ]  # the network's, at the steps of selection rules, in the user's units; may be empty


def empty(rows: int, count: int, task: str) -> Array:
    """An array for the errors of `rows` rows at `count` evaluations."""
    return np.zeros((rows, -(-count // 8)), np.uint8) if task == "classification" else np.empty((rows, count), "f4")


def put(errors: Array, place: int, values: Array, scale: float = 1.0) -> None:
    """Writes the rows' errors at one evaluation or rule, the `place`-th of `at`; `scale` converts to the target's unit²."""
    if errors.dtype == np.uint8:
        errors[:, place // 8] |= (values != 0).astype(np.uint8) << np.uint8(place % 8)  # NaN is not 0: it is wrong
    else:
        with np.errstate(over="ignore"):
            errors[:, place] = values * np.float64(scale)


def taken(errors: Array, place: int) -> Array:
    """Read what `put` has written: true where wrong, or the squared error."""
    if errors.dtype == np.uint8:
        return (errors[:, place // 8] >> np.uint8(place % 8) & 1).astype(bool)
    return errors[:, place]


def of_seeds(rows: Rows, seeds: Sequence[int]) -> Rows:
    """The rows of some of the seeds, in the order given."""
    at = np.concatenate([np.flatnonzero(rows.seed == seed) for seed in seeds])
    return rows._replace(
        seed=rows.seed[at],
        part=rows.part[at],
        row=rows.row[at],
        errors=rows.errors[at],
        outputs={name: values[at] for name, values in rows.outputs.items()},
    )


def joined(pieces: Sequence[Rows]) -> Rows:
    """The rows of all seeds, at the evaluations and rules that all pieces have: some may have been recorded with fewer."""
    at = tuple(step for step in pieces[0].at if all(step in piece.at for piece in pieces))
    outputs = [name for name in pieces[0].outputs if all(name in piece.outputs for piece in pieces)]
    seed, part, row = (np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("seed", "part", "row"))
    return Rows(
        seed,
        part,
        row,
        at,
        pieces[0].own,
        np.concatenate([at_only(piece, at) for piece in pieces]),
        {name: np.concatenate([piece.outputs[name] for piece in pieces]) for name in outputs},
    )


def at_only(rows: Rows, at: Sequence[str]) -> Array:
    """The errors at some of the evaluations and rules."""
    if tuple(at) == rows.at:
        return rows.errors
    errors = empty(len(rows.row), len(at), "classification" if rows.errors.dtype == np.uint8 else "regression")
    for place, step in enumerate(at):
        put(errors, place, taken(rows.errors, rows.at.index(step)))
    return errors


def as_arrays(rows: Rows) -> dict[str, Array]:
    """The rows as named arrays for an archive; compact, since thousands of them wait on disk during a sweep."""
    starts = np.flatnonzero(np.r_[True, (np.diff(rows.seed) != 0) | (np.diff(rows.part) != 0)])
    counts = np.diff(starts, append=len(rows.seed))
    arrays = {
        "parts": np.stack([rows.seed[starts], rows.part[starts], counts]),
        **{name: np.asarray(getattr(rows, name)) for name in ("row", "at", "own", "errors")},
        **{OUTPUTS + name: values for name, values in rows.outputs.items()},
    }
    return {f"rows/{name}": values for name, values in arrays.items()}


def from_arrays(arrays: Mapping[str, Array]) -> Rows | None:
    """The inverse of `as_arrays`; None where the archive has no rows."""
    a = {name.removeprefix("rows/"): values for name, values in arrays.items() if name.startswith("rows/")}
    if not a:
        return None
    seed, part, counts = a["parts"]
    outputs = {name.removeprefix(OUTPUTS): values for name, values in a.items() if name.startswith(OUTPUTS)}
    return Rows(
        np.repeat(seed.astype(np.uint32), counts),
        np.repeat(part.astype(np.int8), counts),
        a["row"],
        tuple(a["at"].tolist()),
        str(a["own"]),
        a["errors"],
        outputs,
    )
