"""The arms of a sweep: which cell stands for each, as validation data choose, and which arm it is compared with."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reports.load import Sweep
from reports.schema import VALIDATION_ROWS
from reports.schema.names import as_number
from reports.schema.places import cells_at

Place = Mapping[str, float | str]


def choosing_rows(sweep: Sweep) -> str:
    """What stands before /error and /loss of the validation rows on which values are chosen: all, or one half (`study.choose_on`)."""
    return VALIDATION_ROWS[sweep.study.get("choose_on", "all")]


def chosen_on_validation(results: pd.DataFrame, part: str = "validation") -> dict[str, str]:
    """For each arm its cell with the least mean validation error, on the rows that `part` names."""
    columns = [f"{part}/error", f"{part}/loss"]
    measured = results.reindex(columns=["arm", "cell", *columns]).fillna(float("inf"))
    means = measured.groupby(["arm", "cell"], sort=False).mean()
    best = means.sort_values(columns, kind="stable").reset_index().drop_duplicates("arm")
    cell_of = dict(zip(best.arm, best.cell, strict=True))
    return {str(arm): str(cell_of[arm]) for arm in results.arm.unique()}


def best_on_validation(rows: pd.DataFrame) -> str:
    """The cell with the least mean validation error."""
    return chosen_on_validation(rows.assign(arm="all"))["all"]


def references(sweep: Sweep) -> dict[str, str]:
    """For each arm the arm it is compared with: the study's baseline at the same value of all other axes.

    Where the baseline is told by keys that are no axes, it is the arm there that shares most values with the arm compared.
    Where the study names no baseline, or one that is not in the sweep, it is the first arm (and check L011 says so).
    """
    place_of, stated = places_of_arms(sweep), sweep.study["baseline"]
    named = numbers({axis: value for axis, value in stated.items() if axis in sweep.axes})
    matching = arms_at(stated, sweep)
    default = matching[0] if matching else stand_in(sweep)
    arm_at = {frozenset(place_of[arm].items()): arm for arm in reversed(matching)}
    baselines = {}
    for arm, place in place_of.items():
        same_but_for_the_baseline = frozenset({**place, **named}.items())
        baselines[arm] = (
            arm_at.get(same_but_for_the_baseline, default) if named else nearest(place, place_of, matching, default)
        )
    return baselines


def stand_in(sweep: Sweep) -> str:
    """The arm that others are compared with where the study's baseline is not there: the first."""
    return next(iter(places_of_arms(sweep)))


def arms_at(place: Mapping[str, Any], sweep: Sweep) -> list[str]:
    """The arms that a baseline names; none where it names all, or an axis whose value is chosen."""
    if not place or set(place) & set(sweep.study["choose"]):
        return []
    arm_of = arms_of(sweep)
    return list(dict.fromkeys(arm_of[cell["name"]] for cell in cells_at(place, sweep.cells)))


def nearest(place: Place, place_of: Mapping[str, Place], arms: list[str], default: str) -> str:
    """That of the arms which shares most values with a place; the default where every arm is among them, or none."""
    if not arms or len(arms) == len(place_of):
        return default
    return max(arms, key=lambda arm: len(place.items() & place_of[arm].items()))


def places_of_arms(sweep: Sweep) -> dict[str, dict[str, float | str]]:
    """Where each arm lies on the axes whose values are not chosen on validation data."""
    arm_of = arms_of(sweep)
    place_of: dict[str, dict[str, float | str]] = {}
    for cell in sweep.cells:
        place = {axis: value for axis, value in cell["axes"].items() if axis not in sweep.study["choose"]}
        place_of.setdefault(arm_of[cell["name"]], numbers(place))
    return place_of


def arms_of(sweep: Sweep) -> dict[str, str]:
    """Each cell's arm."""
    rows = sweep.results.drop_duplicates("cell")
    return {str(cell): str(arm) for cell, arm in zip(rows.cell, rows.arm, strict=True)}


def numbers(axes: Mapping[str, object]) -> dict[str, float | str]:
    """Axis values with numbers as numbers, so that 1e-3 equals 0.001."""
    return {axis: as_number(str(value)) for axis, value in axes.items()}


def name_of(baselines: Mapping[str, str], sweep: Sweep) -> str:
    """The baseline's name; where arms have baselines of their own, the values that these share."""
    distinct = list(dict.fromkeys(baselines.values()))
    return distinct[0] if len(distinct) == 1 else " ".join(str(value) for value in sweep.study["baseline"].values())
