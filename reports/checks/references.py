"""L005, L019: what needs no network does as well."""

from typing import TYPE_CHECKING

import numpy as np

from reports.load import Sweep
from reports.reference_lines import PREFIX, ReferenceLine
from reports.schema import REFERENCES
from reports.schema.names import listed

if TYPE_CHECKING:
    from reports.comparison import Comparison

LINEAR = REFERENCES["reference/linear_error"]


def no_better_than_a_constant(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """No better than the majority class, or the mean of the targets.

    Found: an arm's mean test error is not below that of the most frequent training label (of numbers: of the mean of the training
    targets) on the same rows. Of means alone, without a test: an arm that only scatters about that error is found in half of all
    sweeps.

    Matters: an arm that has not learnt anything says nothing of regularisation, nor does a difference from it.

    Do: look at its learning curve: a smaller or larger `optimizer.learning_rate`, more `epochs`, or a weaker penalty; or the
    features do not determine the target.
    """
    return [said for line in comparison.references if not is_linear(line) for said in not_beaten(line, comparison)]


def no_better_than_linear(sweep: Sweep, comparison: "Comparison") -> list[str]:
    """No better than a linear model.

    Found: no arm's mean test error is below that of the linear model on the same rows. Of means alone, without a test: where one
    arm is exactly as good as the linear model, and no other better, that is found in half of all sweeps.

    Matters: the networks add nothing to what logistic regression, or least squares, does in milliseconds; what regularisers do to
    them may be of no use on these data.

    Do: say so beside the answer; try `network=linear` as an arm, more training rows, or a network that trains better.
    """
    linear = [line for line in comparison.references if is_linear(line)]
    return [said for line in linear for said in not_beaten(line, comparison, each=False)]


def is_linear(line: ReferenceLine) -> bool:
    return line.name.removeprefix(PREFIX).startswith(LINEAR)


def not_beaten(line: ReferenceLine, comparison: "Comparison", *, each: bool = True) -> list[str]:
    """A sentence if none of the arms on a reference's data has less test error, or, with `each`, if some of them have not."""
    errors = {row.arm: row.test_error.mean for row in comparison.rows if row.arm in line.arms}
    behind = [arm for arm, error in errors.items() if not error < line.test_error.mean]
    name = line.name.removeprefix(PREFIX)
    if len(behind) == len(errors):
        return [f"No arm has less test error than the {name}"] if np.isfinite([*errors.values()]).any() else []
    finite = [arm for arm in behind if np.isfinite(errors[arm])]
    return [f"No less test error than the {name}: {listed(finite)}"] if each and finite else []
