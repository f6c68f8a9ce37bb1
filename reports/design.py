"""A factorial design: what each switch does on average over the others, and what two do together, paired by seed.

Of k switches, each off (−1) or on (+1), all 2ᵏ cells are there. The contrast of a set of switches has the sign Πⱼ xⱼ at every cell, and
its effect is, seed by seed,

    Σ over cells of sign · test error / 2ᵏ⁻¹.

For one switch this is its *main effect*: the mean error with it on minus the mean with it off. For two it is their *interaction*
½ [(on,on) − (on,off) − (off,on) + (off,off)], averaged over the rest: half of how much the effect of one changes when the other is
switched on. So the effect of a switch is main effect + interaction where the other is on, and main effect − interaction where it is
off, and both have the same standard error (Box, Hunter & Hunter, Statistics for Experimenters, 2nd ed. 2005, ch. 5). Interactions of
three and more are not asked about. All contrasts are one family of `reports.max_t`.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from reports.comparison import Pair, by_seed, comparable
from reports.crossed import of_independent_seeds
from reports.load import Sweep
from reports.max_t import max_t
from reports.population import on_new_data
from reports.schema.names import listed, short
from reports.schema.places import normal
from reports.sign_flips import Array
from reports.statistics import paired_differences


class Switch(NamedTuple):
    """An axis of two values, off and on, in the order of the grid."""

    axis: str
    name: str
    off: str
    on: str


class Effect(NamedTuple):
    """What one switch does, or two do together, to the test error."""

    switches: tuple[Switch, ...]
    pair: Pair  # of the cells where the contrast is positive and of those where it is negative

    @property
    def name(self) -> str:
        return " × ".join(switch.name for switch in self.switches)


class Design(NamedTuple):
    """The effects, main effects first; or none, and why."""

    switches: list[Switch]
    effects: list[Effect]
    why: str = ""


def design(sweep: Sweep) -> Design:
    """The effects of the study's design; none without one, or where a cell failed or is not there."""
    axes = stated(sweep)
    if not axes:
        return Design([], [])
    sweep = of_independent_seeds(sweep)
    switches = [switch for switch in (switch_of(axis, sweep) for axis in axes) if switch is not None]
    if why := incomplete(axes, switches, sweep):
        return Design(switches, [], why)
    errors = by_seed(sweep.results, [cell["name"] for cell in sweep.cells], "test/error")
    sets, signs = contrasts(coded(switches, sweep.cells))
    by_contrast = pd.DataFrame(effects(signs, errors.to_numpy(float)), columns=errors.columns)
    if np.isfinite(by_contrast.iloc[0]).sum() < 2:
        return Design(switches, [], "No effects of the design: fewer than two seeds have a test error in every cell.")
    pairs = as_pairs(sweep, by_contrast, signs)
    return Design(switches, [Effect(tuple(switches[j] for j in s), pair) for s, pair in zip(sets, pairs, strict=True)])


def as_pairs(sweep: Sweep, by_contrast: pd.DataFrame, signs: Float[Array, "contrasts cells"]) -> Iterator[Pair]:
    """Every contrast over seeds, in the family of all, and on new data."""
    found = zip(paired_differences(by_contrast.to_numpy()), max_t(by_contrast.to_numpy()), signs, strict=True)
    for place, (difference, together, sign) in enumerate(found):
        weights = [float(own) for own in sign / (len(sign) / 2)]
        yield Pair("+", "−", difference, together, on_new_data(sweep, sweep.cells, by_contrast.iloc[place], weights))


def effects(
    signs: Float[Array, "contrasts cells"], errors: Float[Array, "cells seeds"]
) -> Float[Array, "contrasts seeds"]:
    """Each contrast's effect by seed: Σ sign · error / 2ᵏ⁻¹; NaN for a seed that some cell lacks.

    Of two cells, an error of 0.3 with the switch off and 0.2 with it on:

    >>> effects(np.array([[-1.0, 1.0]]), np.array([[0.3], [0.2]])).round(9)
    array([[-0.1]])
    """
    return signs @ errors / (errors.shape[0] / 2)


def contrasts(code: Float[Array, "cells k"]) -> tuple[list[tuple[int, ...]], Float[Array, "contrasts cells"]]:
    """The sets of one switch and of two, and the sign of each at every cell: the product of the switches' −1 and +1."""
    k = code.shape[1]
    sets = [which for size in (1, 2) for which in combinations(range(k), size)]
    return sets, np.array([code[:, list(which)].prod(axis=1) for which in sets])


def coded(switches: Sequence[Switch], cells: Sequence[Mapping[str, Any]]) -> Float[Array, "cells k"]:
    """−1 where a cell has a switch off, +1 where on."""
    return np.array([[1.0 if value == on(switch) else -1.0 for switch, value in at(switches, cell)] for cell in cells])


def at(switches: Sequence[Switch], cell: Mapping[str, Any]) -> list[tuple[Switch, float | str]]:
    values = normal(cell["axes"])
    return [(switch, values[switch.axis]) for switch in switches]


def on(switch: Switch) -> float | str:
    return normal({switch.axis: switch.on})[switch.axis]


def stated(sweep: Sweep) -> list[str]:
    """The axes that the study's design lists."""
    axes = sweep.study.get("design")
    return axes if isinstance(axes, list) and all(isinstance(axis, str) for axis in axes) else []


def switch_of(axis: str, sweep: Sweep) -> Switch | None:
    """The switch of an axis; None unless it has two values in this sweep."""
    texts = [cell["axes"][axis] for cell in [*sweep.cells, *sweep.failed] if axis in cell["axes"]]
    values = {normal({axis: text})[axis]: text for text in reversed(texts)}
    ordered = [values[value] for value in dict.fromkeys(normal({axis: text})[axis] for text in texts)]
    return Switch(axis, short(axis, sweep.axes), *ordered) if len(ordered) == 2 else None


def incomplete(axes: Sequence[str], switches: Sequence[Switch], sweep: Sweep) -> str:
    """Why these cells are no full grid of the switches, with as many seeds that are paired; empty if they are."""
    if len(switches) < len(axes):
        lacking = [axis for axis in axes if axis not in [switch.axis for switch in switches]]
        return f"No effects of the design: {listed(lacking)} has not two values among the cells."
    if sweep.failed:
        failed = listed([str(cell["name"]) for cell in sweep.failed])
        return f"No effects of the design: every one of its cells is needed, and there is no result of {failed}."
    places = [tuple(normal(cell["axes"]).get(axis) for axis in axes) for cell in sweep.cells]
    grid = list(product(*[[normal({s.axis: text})[s.axis] for text in (s.off, s.on)] for s in switches]))
    if missing := [place for place in grid if place not in places]:
        names = [" ".join(f"{s.name}={v}" for s, v in zip(switches, place, strict=True)) for place in missing]
        return f"No effects of the design: every one of its cells is needed, and there is none at {listed(names)}."
    if len(places) > len(grid):
        return "No effects of the design: the cells differ in more than its switches."
    if not all(comparable(cell, sweep.cells[0]) for cell in sweep.cells):
        return "No effects of the design: the cells' data or sources of chance differ, so that seeds do not pair them."
    return ""
