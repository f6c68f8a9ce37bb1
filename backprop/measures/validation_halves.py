"""Losses and errors on each half of the validation rows, so that the step can be chosen on one half and a strength on the other."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from backprop.arrays import Array
from backprop.choices import choice, one_of
from backprop.measures.measure import WHEN, Observation, Subject
from backprop.metrics import answers

FIRST, SECOND = "validation_first_half", "validation_second_half"


@choice
class ValidationHalves:
    """validation_first_half/loss, …/error, and of the second half: means over ⌈n/2⌉ and ⌊n/2⌋ of the n validation rows.

    Rows are in the order in which the split has drawn them: random with `split=holdout`, in time with `split=time`, group by group
    with `split=groups`. Errors of values are in the target's unit². Two rows are needed.
    """

    when: str = one_of(default="evaluations", options=WHEN)

    def names(self, subject: Subject) -> tuple[str, ...]:
        if "validation" not in subject.parts:
            raise ValueError(
                "ValidationHalves is of validation rows, and split.validation=0 leaves none; give split.validation rows, or "
                "leave the measure out (selection.rows=all, study.choose_on=all)."
            )
        return tuple(f"{half}/{what}" for half in (FIRST, SECOND) for what in ("loss", "error"))

    def __call__(self, seen: Observation) -> Mapping[str, Float[Array, " R"]]:
        found = {name: np.full(len(seen.of), np.nan) for name in self.names(seen.subject)}
        loss = seen.subject.loss
        for r, s, z in answers(seen.layout, seen.parameters, seen.data, seen.of):
            cost, error = (f(z, seen.data[s].y)[0, :, 0] for f in (loss.cost, loss.error))
            scale = seen.scales[s].targets
            unit = 1.0 if scale is None else float(scale.scale[0]) ** 2
            for half, rows in halves(seen.data[s].rows["validation"]).items():
                found[f"{half}/loss"][r] = mean = cost[rows].mean(dtype=float)
                if np.isfinite(mean):  # else it has diverged, and is not right by chance
                    found[f"{half}/error"][r] = error[rows].mean(dtype=float) * unit
        return found


def halves(rows: slice) -> dict[str, slice]:
    """The first ⌈n/2⌉ of the rows, and the rest.

    >>> halves(slice(10, 15))
    {'validation_first_half': slice(10, 13, None), 'validation_second_half': slice(13, 15, None)}
    """
    middle = rows.start + -(-(rows.stop - rows.start) // 2)
    return {FIRST: slice(rows.start, middle), SECOND: slice(middle, rows.stop)}
