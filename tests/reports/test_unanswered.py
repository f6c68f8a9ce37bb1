"""What a study asks of test errors is not passed over in silence where there are none."""

import pytest

from reports.of_theories import of_theories, unanswered
from reports.of_untested import of_untested
from tests.reports.test_comparison import CELLS, sweep_of


def untested(**study):
    sweep = sweep_of(CELLS)
    parts = ("test/error", "test/loss", "gap/error", "gap/loss")
    results, curves = (table.drop(columns=[*parts], errors="ignore") for table in (sweep.results, sweep.curves))
    metrics = [name for name in sweep.metrics if name not in parts]
    return sweep._replace(results=results, curves=curves, metrics=metrics, study=sweep.study | study)


@pytest.mark.parametrize("findings", [of_theories, of_untested])
def test_a_design_pairs_or_a_smallest_effect_without_test_errors_is_said_to_have_no_answer(findings):
    asked = untested(design=["a", "b"], compare="pairs", smallest_effect=0.01)
    assert findings(asked).warnings[0] == (
        "Nothing is said of study.design, study.smallest_effect, study.compare=pairs: only test errors of networks answer that, "
        "and there are none here."
    )


def test_what_was_not_asked_is_not_said_to_be_unanswered():
    assert unanswered(untested(compare="baseline", smallest_effect=None, design=[])) == []
