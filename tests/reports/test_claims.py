"""A claim can be supported, refuted or undecided, and each of them is reached by numbers that deserve it."""

import numpy as np
import pytest

from reports.claims import Verdict, in_one_sentence, judge
from reports.comparison import compare
from reports.figures.stated import measured, series, stated
from reports.schema.statements import StatedFigure
from reports.tables import latex, markdown
from tests.reports.test_comparison import CELLS, sweep_of


def claimed(*claims, values=None, **columns):
    """A sweep whose study makes these claims; `values` take the place of the cell none's test errors."""
    sweep = sweep_of(CELLS)
    if values is not None:
        results = sweep.results[sweep.results.seed < len(values)].copy()
        results.loc[results.cell == "none", "test/error"] = values
        sweep = sweep._replace(results=results)
    return sweep._replace(study={**sweep.study, "claims": list(claims)})


def chosen(sweep):
    """The cells that stand for their arms."""
    return [row.cell for row in compare(sweep).rows]


EXACT = {"kind": "exact", "cell": {"regularizer": "none"}, "metric": "test/error", "value": 1.0, "margin": 0.1}
PUBLISHED = {"kind": "published", "cell": {"regularizer": "none"}, "metric": "test/error", "value": 1.0}
TIGHT, WIDE = np.array([0.99, 1.0, 1.01, 1.0]), np.array([0.0, 2.0, 0.5, 1.5])


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        (TIGHT, "supported"),
        (TIGHT + 0.05, "supported"),  # not the value, by the z-test, but nearer than what matters
        (TIGHT + 0.2, "refuted"),
        (WIDE, "undecided"),  # a wide interval around the value is no support
        (TIGHT[:1], "undecided"),  # nor is one seed
        (np.full(4, 1.0), "supported"),
        (np.full(4, 1.2), "refuted"),
    ],
)
def test_an_exact_value_is_supported_only_by_an_interval_within_the_margin(values, verdict):
    sweep = claimed(EXACT, values=values)
    assert judge(sweep, chosen(sweep))[0].verdict == verdict


def test_beside_an_exact_verdict_stands_the_test_against_the_value_itself():
    """0.99, 1, 1.01, 1 against 0.99: t = 0.01 / (0.008165 / 2) = 2.449 with three degrees of freedom, p = 0.092."""
    sweep = claimed({**EXACT, "value": 0.99}, values=TIGHT)
    assert judge(sweep, chosen(sweep))[0].found.endswith("; against 0.99 itself p = 0.092")


def test_the_test_against_the_value_does_not_depend_on_the_unit():
    """In millionths: the same t. Seeds that agree exactly have no such test, also where they all are 0."""
    sweep = claimed({**EXACT, "value": 0.99e-6, "margin": 1e-7}, values=TIGHT * 1e-6)
    assert judge(sweep, chosen(sweep))[0].found.endswith("; against 9.9e-07 itself p = 0.092")
    for level in (0.0, 1.0):
        (found,) = judge(same := claimed({**EXACT, "value": level}, values=np.full(4, level)), chosen(same))
        assert (found.verdict, found.found) == ("supported", f"{level:.5g} [{level:.5g}, {level:.5g}]")


@pytest.mark.parametrize(
    ("published", "verdict"),
    [
        (1.0, "compatible"),
        (1.02, "compatible"),
        (0.98, "compatible"),
        (1.2, "refuted"),
        (0.8, "refuted"),
        (2.01, "refuted"),
    ],
)
def test_a_published_run_is_held_against_where_one_more_seed_would_lie(published, verdict):
    """Values 0.99, 1, 1.01, 1: mean 1, sd 0.00816, t₀.₉₇₅,₃ = 3.182: the prediction interval is 1 ± 0.02905, the mean's 1 ± 0.013."""
    claim = {"kind": "published", "cell": {"regularizer": "none"}, "metric": "test/error", "value": published}
    sweep = claimed(claim, values=TIGHT)
    (found,) = judge(sweep, chosen(sweep))
    assert found.verdict == verdict
    assert "[0.97095, 1.0291]" in found.found


@pytest.mark.parametrize(
    ("published", "verdict"),
    [(1.0, "supported"), (0.98, "supported"), (1.03, "undecided"), (0.93, "undecided"), (1.08, "refuted")],
)
def test_a_published_run_with_a_margin_is_held_against_the_interval_of_the_difference(published, verdict):
    """The same values: the difference of means is 1 − value ± 0.02905, against ± 0.05."""
    sweep = claimed({**PUBLISHED, "value": published, "margin": 0.05}, values=TIGHT)
    (found,) = judge(sweep, chosen(sweep))
    assert found.verdict == verdict
    assert f"{1 - published - 0.02905:.3g}".replace("-", "−")[:6] in found.found


def test_a_wide_interval_supports_no_published_run():
    """Four seeds from 0 to 2: with a margin it is undecided, without one compatible, which is no support."""
    for claim, verdict in (({**PUBLISHED, "margin": 0.1}, "undecided"), (PUBLISHED, "compatible")):
        sweep = claimed(claim, values=WIDE)
        assert judge(sweep, chosen(sweep))[0].verdict == verdict


def test_published_claims_of_a_study_are_corrected_together():
    """1.0356 lies 0.0356 / (0.00816 √(5/4)) = 3.9 standard errors off: with three degrees p = 0.030, and 0.060 for two claims."""
    far = {**PUBLISHED, "value": 1.0356}
    mean = {**PUBLISHED, "kind": "published_mean", "n": 5, "sd": 0.01}
    order = {"kind": "order", "metric": "test/error", "lower": {"regularizer": "l2"}, "than": {"regularizer": "none"}}
    alone = claimed(far, order, values=TIGHT)
    assert judge(alone, chosen(alone))[0].verdict == "refuted"
    for other in (PUBLISHED, mean):
        two = claimed(far, other, order, values=TIGHT)
        found = judge(two, chosen(two))
        assert [one.verdict for one in found][:2] == ["compatible", "compatible"]
        assert found[0].found.endswith("; p = 0.060 of a difference, corrected over 2 published claims")


@pytest.mark.parametrize("level", [0.0, 1.0, -1e-6])
def test_seeds_that_all_agree_refute_every_other_published_value(level):
    for value, verdict in ((level, "compatible"), (level + 1e-3, "refuted")):
        sweep = claimed({**PUBLISHED, "value": value}, values=np.full(4, level))
        assert judge(sweep, chosen(sweep))[0].verdict == verdict


@pytest.mark.parametrize(
    ("lower", "than", "verdict"),
    [("l2", "none", "supported"), ("none", "l2", "refuted"), ("none", "none", "undecided")],
)
def test_an_order_is_decided_by_a_paired_test(lower, than, verdict):
    claim = {"kind": "order", "metric": "test/error", "lower": {"regularizer": lower}, "than": {"regularizer": than}}
    sweep = claimed(claim)
    assert judge(sweep, chosen(sweep))[0].verdict == verdict


def test_an_order_that_seeds_cannot_decide_is_undecided():
    """Three pairs: the sign-flip test cannot give less than p = 1/4."""
    claim = {"kind": "order", "metric": "test/error", "lower": {"regularizer": "l2"}, "than": {"regularizer": "none"}}
    sweep = claimed(claim, values=[0.9, 0.9, 0.9])
    (found,) = judge(sweep, chosen(sweep))
    assert found.verdict == "undecided"
    assert "with 3 seeds and 1 claim of order the test cannot reach p < 0.05: take at least 6 seeds" in found.found


def test_six_seeds_decide_one_order_claim_but_not_two():
    """The least p of six pairs is 2/2⁶ = 0.031, and Holm doubles it for two claims."""
    claim = {"kind": "order", "metric": "test/error", "lower": {"regularizer": "l2"}, "than": {"regularizer": "none"}}
    one, two = claimed(claim, values=[0.9] * 6), claimed(claim, claim, values=[0.9] * 6)
    assert [found.verdict for found in judge(one, chosen(one))] == ["supported"]
    assert [found.verdict for found in judge(two, chosen(two))] == ["undecided"] * 2
    assert judge(one, chosen(one))[0].found.endswith("; p = 0.031")
    assert all("; p = 0.062" in found.found for found in judge(two, chosen(two)))
    too_few = "with 6 seeds and 2 claims of order the test cannot reach p < 0.05: take at least 7 seeds"
    assert all(found.found.endswith(too_few) for found in judge(two, chosen(two)))


def test_one_pair_decides_no_order():
    sweep = claimed(
        {"kind": "order", "metric": "test/error", "lower": {"regularizer": "l2"}, "than": {"regularizer": "none"}}
    )
    sweep = sweep._replace(results=sweep.results[sweep.results.seed == 3])
    (found,) = judge(sweep, chosen(sweep))
    assert (found.verdict, found.found) == ("undecided", "1 pair: no interval")


def test_a_diverged_seed_leaves_a_claim_undecided():
    order = {"kind": "order", "metric": "test/error", "lower": {"regularizer": "l2"}, "than": {"regularizer": "none"}}
    published = {"kind": "published", "cell": {"regularizer": "none"}, "metric": "test/error", "value": 1.0}
    sweep = claimed(EXACT, published, order, values=[*TIGHT, np.nan, 1.0, 1.0, 1.0])
    verdicts = judge(sweep, chosen(sweep))
    assert [one.verdict for one in verdicts] == ["undecided"] * 3
    assert "1 of 8 seeds has no finite value" in verdicts[0].found
    assert "1 of 8 pairs has no finite value" in verdicts[2].found


def test_where_most_seeds_diverged_it_is_told_how_many():
    sweep = claimed(EXACT, values=[*TIGHT[:3], *[np.nan] * 5])
    assert judge(sweep, chosen(sweep))[0].found.startswith("5 of 8 seeds have no finite value; of the others 1")


def test_places_of_claims_are_written_as_yaml_has_them():
    sweep = claimed({**EXACT, "cell": {"batch_size": None, "vary": ["split", "init"]}})
    cells = [
        cell | {"axes": {**cell["axes"], "batch_size": "null", "vary": f"[split,{x}]"}}
        for cell, x in zip(sweep.cells, ("init", "a", "b"), strict=True)
    ]
    assert judge(sweep._replace(cells=cells), ())[0].verdict == "refuted"  # tested, that is
    failed = sweep._replace(failed=[sweep.cells[0]], cells=[])
    assert (
        judge(failed._replace(study={**failed.study, "claims": [EXACT]}), ())[0].found
        == "the cell at regularizer=none failed"
    )


def test_a_claim_about_a_cell_that_is_not_there_is_not_tested():
    sweep = claimed({**EXACT, "cell": {"regularizer": "dropout"}}, {**EXACT, "metric": "nothing"}, EXACT)
    verdicts = judge(sweep, chosen(sweep))
    assert [one.verdict for one in verdicts] == ["not tested", "not tested", "refuted"]
    assert "no cells of this sweep are at regularizer=dropout" in verdicts[0].found
    assert in_one_sentence(verdicts).startswith("3 claims: 1 refuted, 2 not tested. Refuted: ")


def test_a_sentence_counts_every_verdict_and_names_the_refuted_alone():
    kinds = ("supported", "refuted", "undecided", "not tested", "supported", "refuted")
    verdicts = [Verdict(f"c{i}", kind, "", "", "") for i, kind in enumerate(kinds)]
    said = "6 claims: 2 supported, 2 refuted, 1 undecided, 1 not tested. Refuted: c1; c5."
    assert in_one_sentence(verdicts) == said
    assert in_one_sentence(verdicts[:1]) == "1 claim: 1 supported."


KINDS = "exact, published, published_mean, order, equal, ratio, extreme, trend, share, first"
ORDER = {"kind": "order", "metric": "test/error", "lower": {"regularizer": "l2"}, "than": {"regularizer": "none"}}


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ({**EXACT, "value": np.nan}, "the claim's value is nan; it must be a finite number"),
        ({**EXACT, "value": np.inf}, "the claim's value is inf; it must be a finite number"),
        ({**EXACT, "margin": np.nan}, "the claim's margin is nan; it must be a finite number above 0"),
        ({**EXACT, "margin": -0.1}, "the claim's margin is -0.1; it must be a finite number above 0"),
        ({**EXACT, "value": "one"}, "the claim's value is 'one'; it must be a finite number"),
        ({**EXACT, "value": True}, "the claim's value is True; it must be a finite number"),
        ({**PUBLISHED, "value": -np.inf}, "the claim's value is -inf; it must be a finite number"),
        ({**PUBLISHED, "value": np.nan}, "the claim's value is nan; it must be a finite number"),
        ({**EXACT, "kind": "guess"}, f"the claim's kind is 'guess'; it must be one of {KINDS}"),
        (
            {**ORDER, "than": None},
            "the claim's than is None; it must be axes and their values, such as {regularizer: l2}",
        ),
        ({**ORDER, "metric": 3}, "the claim's metric is 3; it must be text"),
        ("no mapping", f"the claim's kind is None; it must be one of {KINDS}"),
        (
            {"kind": "exact"},
            "the claim {} lacks ['cell', 'margin', 'metric', 'value']; it must have ['cell', 'metric', 'value', 'margin'] "
            "and may have ['says', 'source']",
        ),
    ],
)
def test_a_claim_that_nothing_can_be_held_against_is_not_tested(claim, why):
    """A study of ours cannot state one; a record of somebody else's can, and is neither supported nor refuted by it."""
    sweep = claimed(claim, values=TIGHT)
    (found,) = judge(sweep, chosen(sweep))
    assert (found.verdict, found.found) == ("not tested", why)


@pytest.mark.slow
def test_where_nothing_differs_order_claims_are_decided_in_one_sweep_of_twenty():
    """200 sweeps with three order claims each, all of them about equal cells: Holm keeps false verdicts to 5 %."""
    draw = np.random.default_rng(1)
    claims = [
        {
            "kind": "order",
            "metric": f"m{i}",
            "lower": {"regularizer": "l2", "penalty.strength": 0.1},
            "than": {"regularizer": "none"},
        }
        for i in range(3)
    ]
    sweep = claimed(*claims)
    base = sweep.results[sweep.results.cell.isin(["none", "weak"])]
    wrong, trials = 0, 200
    for _ in range(trials):
        results = base.assign(**{f"m{i}": draw.normal(size=len(base)) for i in range(3)})
        wrong += any(one.verdict != "undecided" for one in judge(sweep._replace(results=results), ()))
    assert wrong / trials < 0.05 + 3 * (0.05 * 0.95 / trials) ** 0.5


def test_a_stated_figure_shows_means_over_seeds():
    spec = {"title": "t", "x": "penalty.strength", "lines": ["test/*"], "points": ["train/error"]}
    sweep = sweep_of(CELLS)
    sweep = sweep._replace(study={**sweep.study, "figures": [spec]})
    data = measured(StatedFigure(**spec), sweep)
    weak = sweep.results[sweep.results.cell == "weak"]
    assert set(data.x) == {"0.1", "0.2"}  # the cell without a penalty is nowhere on this axis
    row = data[(data.metric == "test/error") & (data.x == "0.1")].iloc[0]
    assert row["mean"] == pytest.approx(weak["test/error"].mean())
    assert set(data[data.mark == "points"].metric) == {"train/error"}
    (figure,) = stated(sweep)
    figure.chart.to_dict()
    assert stated(sweep._replace(study={**sweep.study, "figures": [{**spec, "lines": ["no"], "points": []}]})) == []
    other_axis = {**spec, "only": {"no.such.axis": [1]}}  # the sweep does not vary it: nothing to leave out
    assert len(measured(StatedFigure(**other_axis), sweep)) == len(data)
    assert measured(StatedFigure(**spec | {"x": "no.such.axis"}), sweep).empty
    assert series("exact/3") == series("trained/3") == "3"


def test_tables_escape_what_markdown_and_latex_take_for_signs():
    table = [{"": "a|b_c", "x %": "−1 ± 2"}]
    assert markdown(table) == "|  | x % |\n| --- | --- |\n| a\\|b_c | −1 ± 2 |\n"
    assert r"a|b\_c & $-$1 $\pm$ 2 \\" in latex(table)
    assert r" & x \% \\" in latex(table)
