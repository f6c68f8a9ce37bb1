"""Each kind of claim by its own rule: the arithmetic by hand, other packages as referees, and what seeds cannot decide."""

import re

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from experiments.study.study import Study
from reports.claims import cannot, judge, rules
from reports.claims.deciding import KINDS
from reports.claims.evidence import Together
from reports.claims.extreme import decided
from reports.claims.one_sided import one_sided
from reports.claims.published_mean import welch
from reports.claims.ratio import fieller
from reports.claims.share import clopper_pearson
from reports.schema.claims import CLAIMS, PublishedMean, words
from reports.schema.condition import condition
from reports.schema.statements import claim as read
from tests.conftest import ROOT
from tests.reports.test_comparison import sweep_of

AXIS = "penalty.strength"
LINE = {str(strength): ({"regularizer": "l2", AXIS: str(strength)}, 0.2, 0.2) for strength in (0.1, 1, 10)}
SWEEP = sweep_of({"none": ({"regularizer": "none"}, 0.3, 0.3), **LINE})
NOISE = np.array([0.02, -0.01, 0.01, -0.02, 0.01, -0.01, 0.02, -0.02])  # of eight seeds; mean 0
BASE = {"metric": "m"}
NONE, L2 = {"regularizer": "none"}, {"regularizer": "l2", AXIS: 0.1}


def verdict(claim, **values):
    """Judge a claim by these values of each cell: none, or that of a strength such as s0_1; of fewer seeds, the first."""
    by_cell = {name.removeprefix("s").replace("_", "."): np.asarray(own, float) for name, own in values.items()}
    results = SWEEP.results[SWEEP.results.seed < max(map(len, by_cell.values()))].copy()
    results["m"] = np.nan
    for name, own in by_cell.items():
        results.loc[results.cell == name, "m"] = own
    (found,) = judge(SWEEP._replace(results=results, study={**SWEEP.study, "claims": [{**BASE, **claim}]}), ())
    return found


RUNS = {"kind": "published_mean", "cell": NONE, "value": 10.0, "n": 5}


@pytest.mark.parametrize(
    ("claim", "ours", "expected"),
    [
        ({"sd": 1.0}, 10 + NOISE, "compatible"),
        ({"sd": 1.0}, 12 + NOISE, "refuted"),
        ({"sd": 1.0, "margin": 2}, 10 + NOISE, "supported"),
        ({"sd": 1.0, "margin": 1}, 10 + NOISE, "undecided"),  # ± 1.24
        ({"se": 1.0, "margin": 2}, 10 + NOISE, "undecided"),  # ± 2.78
        ({"sd": 1.0, "margin": 1}, 13 + NOISE, "refuted"),
        ({"sd": 1.0}, [10.0, np.nan, 10.1], "undecided"),
        ({"sd": 1.0}, [10.0], "undecided"),
    ],
)
def test_a_published_mean_is_supported_only_within_a_margin_and_compatible_without(claim, ours, expected):
    """Theirs: 10 over 5 runs. The standard error of the difference is √(1/5 + ours) = 0.447; t at 4 degrees is 2.776."""
    assert verdict({**RUNS, **claim}, none=ours).verdict == expected


def test_a_compatible_mean_is_told_with_what_would_have_been_found():
    """(2.776 + 0.941) · 0.447 = 1.66: t of 0.975 and of 0.8 at 4 degrees of freedom."""
    found = verdict({**RUNS, "sd": 1.0}, none=10 + NOISE)
    assert (
        found.found
        == "10 over 8 seeds; difference 0 [−1.2416, 1.2416]; p = 1.000 of a difference; one of 1.7 would have been found four times in five"
    )
    assert found.expected == "10, sd 1, over 5 runs"


def test_welchs_interval_is_that_of_two_samples():
    draw = np.random.default_rng(0)
    ours, theirs = draw.normal(0, 1, 7), draw.normal(1, 3, 5)
    tested = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.95)
    by_sd = PublishedMean({"a": 1}, "m", theirs.mean(), 5, sd=theirs.std(ddof=1))
    by_se = PublishedMean({"a": 1}, "m", theirs.mean(), 5, se=theirs.std(ddof=1) / 5**0.5)
    for stated in (by_sd, by_se):
        assert welch(ours, stated).ends() == pytest.approx((tested.low, tested.high), rel=1e-12)


@pytest.mark.parametrize(
    ("difference", "expected"), [(0, "supported"), (0.02, "supported"), (0.045, "undecided"), (0.1, "refuted")]
)
def test_cells_are_equal_where_the_interval_of_their_difference_lies_within_the_margin(difference, expected):
    """Differences d + noise: sd 0.01690, t of 0.95 at 7 degrees 1.895: ± 0.01132 around d, against ± 0.05."""
    found = verdict(
        {"kind": "equal", "cell": L2, "than": NONE, "margin": 0.05}, none=5 * NOISE, s0_1=6 * NOISE + difference
    )
    assert found.verdict == expected
    assert f"[{difference - 0.01132:.4g}"[:6].replace("-", "−") in found.found


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.floats(-0.5, 0.5))
def test_equal_cells_are_those_that_tost_calls_equivalent(seed, shift):
    from statsmodels.stats.weightstats import ttost_paired

    ours, theirs = np.random.default_rng(seed).normal([[shift], [0]], 0.3, (2, 7))
    claim = read({"kind": "equal", "metric": "m", "cell": L2, "than": NONE, "margin": 0.4})
    p = ttost_paired(ours, theirs, -0.4, 0.4)[0]
    assert (KINDS[type(claim)].verdict(claim, Together(np.array([ours, theirs]), 0)).verdict == "supported") == (
        p < 0.05
    )


@pytest.mark.parametrize(("times", "expected"), [(2.0, "supported"), (2.19, "undecided"), (3.0, "refuted")])
def test_a_ratio_is_held_against_fiellers_interval(times, expected):
    values = 1 + 10 * NOISE
    found = verdict(
        {"kind": "ratio", "cell": L2, "than": NONE, "value": 2, "margin": 0.2},
        none=values,
        s0_1=times * values + 3 * NOISE[::-1],
    )
    assert found.verdict == expected


def test_a_ratio_to_what_may_be_0_has_no_interval():
    found = verdict({"kind": "ratio", "cell": L2, "than": NONE, "value": 2, "margin": 0.2}, none=NOISE, s0_1=1 + NOISE)
    assert (found.verdict, found.found) == (
        "undecided",
        "regularizer=none: the sign of its mean is undecided, so that the ratio has no ends",
    )


def test_the_ends_of_fiellers_interval_are_the_ratios_that_the_t_test_just_rejects():
    draw = np.random.default_rng(0)
    a, b = draw.normal(1, 0.3, 7), draw.normal(-2, 0.3, 7)
    found = fieller(a, b)
    assert found.mean == pytest.approx(a.mean() / b.mean())
    for ratio in (found.low, found.high):
        assert stats.ttest_1samp(a - ratio * b, 0).pvalue == pytest.approx(0.10)
    assert fieller(1e200 * a, 1e200 * b) == pytest.approx(found)  # whose squares overflow
    assert fieller(3 * b, b) == pytest.approx((3, 3, 3))


LEAST = {"kind": "extreme", "which": "least", "axis": AXIS, "cells": {"regularizer": "l2"}}
BEST = {"s0_1": 0.3 + NOISE, "s1": 0.2 + NOISE[::-1], "s10": 0.3 - NOISE}


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ({"inside": [1]}, "supported"),
        ({"inside": {"from": 0.5, "to": 5}}, "supported"),
        ({"inside": [0.1, 1]}, "supported"),
        ({"inside": [0.1]}, "refuted"),
        ({"inside": [0.1, 10]}, "refuted"),
        ({"inside": [1], "which": "greatest"}, "refuted"),
        ({"inside": [0.1], "which": "greatest"}, "undecided"),  # as great at 10
        ({"inside": [0.1, 10], "which": "greatest"}, "supported"),
        ({"inside": [0.1, 1, 10]}, "not tested"),
        ({"inside": [7]}, "not tested"),
        ({"inside": [1], "cells": {"regularizer": "none"}}, "not tested"),
    ],
)
def test_an_extreme_is_told_from_every_cell_outside(claim, expected):
    assert verdict({**LEAST, **claim}, **BEST).verdict == expected


def test_an_extreme_is_told_with_the_best_of_both_sides():
    """Eight differences of one sign: p = 2/2⁸ = 0.008 against each cell outside."""
    found = verdict({**LEAST, "inside": [1]}, **BEST)
    assert found.found == "inside best 0.2 at 1, outside best 0.3 at 0.1, over 8 seeds; p = 0.008"
    assert found.expected == "least at penalty.strength 1"
    assert "no cell of this sweep is at penalty.strength 7" in verdict({**LEAST, "inside": [7]}, **BEST).found


def test_an_extreme_is_decided_against_the_best_inside_and_for_the_best_outside_with_what_picking_costs():
    """Three seeds, 2³ flips. Of inside 0 and 0 a flip of any sign pattern is as large for one of the two that mirror each other."""
    up, down = np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, -3.5])
    alone = decided(np.array([0 * up]), np.array([up]))
    assert alone == (2 / 8, 1.0)
    assert decided(np.array([up]), np.array([0 * up])) == (1.0, 2 / 8)
    assert decided(np.array([up]), np.array([0 * up, 0 * up])) == (1.0, 4 / 8)  # the best of two outside
    assert decided(np.array([up, down]), np.array([0 * up])).refute == 1.0  # not below both inside
    mirrored = decided(np.array([0 * up, 2 * up]), np.array([up]))  # differences up and -up: both ends of every flip
    assert mirrored == (4 / 8, 1.0)


def test_an_extreme_of_a_cell_that_failed_is_not_tested():
    stated = {**LEAST, **BASE, "metric": "test/error", "inside": [1]}
    sweep = SWEEP._replace(study={**SWEEP.study, "claims": [stated]})
    cells = [cell for cell in SWEEP.cells if cell["axes"].get(AXIS) != "10"]
    lost = [cell for cell in SWEEP.cells if cell not in cells]
    (found,) = judge(sweep._replace(cells=cells, failed=lost), ())
    assert (found.verdict, found.found) == ("not tested", "the cell at regularizer=l2, penalty.strength=10.0 failed")


def test_a_range_holds_its_ends():
    held = read({**LEAST, **BASE, "inside": {"from": 0.1, "to": 1}})
    assert [held.holds(value) for value in (0.09, 0.1, 1.0, 1.1, "none")] == [False, True, True, False, False]


def test_pairs_are_of_the_seeds_that_both_cells_have():
    results = SWEEP.results.assign(m=1.0)
    results = results[(results.cell != "0.1") | (results.seed < 6)]
    results.loc[results.cell == "0.1", "m"] = 0.5
    stated = {"kind": "order", "metric": "m", "lower": L2, "than": NONE}
    (found,) = judge(SWEEP._replace(results=results, study={**SWEEP.study, "claims": [stated]}), ())
    assert (found.verdict, "paired over 6 seeds" in found.found) == ("supported", True)


def test_an_extreme_along_words_is_one_among_them():
    cells = {name: ({"regularizer": name}, 0.2, 0.2) for name in ("none", "l1", "l2")}
    sweep = sweep_of(cells, choose=())
    values = {"none": 0.3 + NOISE, "l1": 0.2 - NOISE, "l2": 0.4 + NOISE[::-1]}
    results = sweep.results.assign(m=np.concatenate([values[name] for name in cells]))
    claim = {"kind": "extreme", "which": "least", "metric": "m", "axis": "regularizer", "inside": ["l1"]}
    (found,) = judge(sweep._replace(results=results, study={**sweep.study, "claims": [claim]}), ())
    assert (found.verdict, found.says) == ("supported", "m is least at regularizer l1")


RISING = {"kind": "trend", "direction": "rising", "axis": AXIS, "cells": {"regularizer": "l2"}}


@pytest.mark.parametrize(
    ("levels", "claim", "expected"),
    [
        ((1, 2, 3), {}, "supported"),
        ((1, 2, 3), {"log": True}, "supported"),
        ((1, 2, 3), {"direction": "falling"}, "refuted"),
        ((3, 2, 1), {"direction": "falling"}, "supported"),
        ((2, 1, 3), {}, "refuted"),  # a step down, on a line that rises
        ((1, 1.001, 1), {}, "undecided"),
        ((1, np.nan, 1), {}, "not tested"),
    ],
)
def test_a_trend_needs_a_slope_and_no_step_back(levels, claim, expected):
    noise = (NOISE, NOISE[::-1], -NOISE)
    values = {name: level + own for name, level, own in zip(("s0_1", "s1", "s10"), levels, noise, strict=True)}
    assert verdict({**RISING, **claim}, **values).verdict == expected


def test_a_slope_is_that_of_least_squares_over_the_logarithm():
    """1, 2 and 3 at 0.1, 1 and 10: one for each factor of ten, 1/ln 10 = 0.43429; no step goes back in any seed."""
    found = verdict({**RISING, "log": True}, s0_1=1 + NOISE, s1=2 + NOISE, s10=3 + NOISE)
    assert (
        found.found
        == "slope 0.43429 [0.43429, 0.43429], over 8 seeds; no step is decided to go the other way, p = 1.000"
    )
    back = verdict(RISING, s0_1=2 + NOISE, s1=1 + NOISE, s10=9 + NOISE)
    assert back.found.endswith(
        "; from 0.1 to 1 it goes the other way, p = 0.016"
    )  # two of 2⁸ flips: all signs as they are, or all turned


def test_a_trend_needs_numbers_that_have_logarithms():
    cells = {name: ({"regularizer": name}, 0.2, 0.2) for name in ("0", "1", "l2")}
    sweep = sweep_of(cells, choose=())._replace(results=sweep_of(cells, choose=()).results.assign(m=1.0))
    stated = [{**RISING, **BASE, "axis": "regularizer", "cells": {}, "log": log} for log in (True, False)]
    without_words = sweep._replace(cells=sweep.cells[:2], study={**sweep.study, "claims": stated})
    assert judge(without_words, ())[0].found == "regularizer=0 has no logarithm; leave log out, or that cell"
    with_words = sweep._replace(study={**sweep.study, "claims": stated})
    assert judge(with_words, ())[1].found == "regularizer=l2 is no number, so that there is no slope"


@pytest.mark.parametrize(
    ("holding", "bounds", "expected"),
    [
        (8, {"low": 0.6}, "supported"),
        (8, {"low": 0.7}, "undecided"),
        (0, {"low": 0.4}, "refuted"),
        (0, {"high": 0.4}, "supported"),
    ],
)
def test_a_share_is_held_against_clopper_and_pearsons_interval(holding, bounds, expected):
    """All 8 of 8: the lower end is 0.025^(1/8) = 0.6306; none: the upper is 0.3694."""
    found = verdict(
        {"kind": "share", "cell": NONE, "holds": "<= 1", **bounds}, none=np.repeat([1.0, 2.0], [holding, 8 - holding])
    )
    assert found.verdict == expected
    assert found.found == ("8 of 8 seeds: 1 [0.63058, 1]" if holding else "0 of 8 seeds: 0 [0, 0.36942]")


def test_a_seed_without_a_value_leaves_a_share_undecided_and_an_infinite_one_counts():
    claim = {"kind": "share", "cell": NONE, "holds": "< 1", "high": 0.5}
    assert verdict(claim, none=[2, np.nan, 2]).found == "1 of 3 seeds has no value"
    assert verdict(claim, none=np.full(8, np.inf)).verdict == "supported"


@pytest.mark.parametrize("n", [1, 2, 7, 30])
def test_the_interval_of_a_share_is_scipys(n):
    low, high = clopper_pearson(np.arange(n + 1), n)
    theirs = [stats.binomtest(k, n).proportion_ci(0.95, "exact") for k in range(n + 1)]
    assert np.allclose(np.array([low, high]).T, theirs, rtol=1e-10)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"high": 70}, "supported"),
        ({"low": 20, "high": 70}, "supported"),
        ({"high": 60}, "undecided"),
        ({"high": 15}, "refuted"),
        ({"low": 75}, "refuted"),
    ],
)
def test_a_median_time_lies_from_the_second_to_the_seventh_of_ten(bounds, expected):
    """K binomial of 8 and 0.5: P(K < 1) = 1/256 and P(K < 2) = 9/256 = 3.5 %, so the 1st and the 8th; here 20 and 70."""
    times = [70, 20, 30, 40, 50, 50, 60, 65]
    found = verdict({"kind": "first", "cell": NONE, **bounds}, none=times)
    assert (found.verdict, found.found) == (expected, "0.5 of seeds by 50 [20, 70], over 8 seeds")


def test_a_time_that_never_came_is_later_than_all_others():
    claim = {"kind": "first", "cell": NONE, "high": 70}
    found = verdict(claim, none=[10, 20, 30, 40, 50, 60, np.inf, np.inf])
    assert (found.verdict, found.found) == (
        "undecided",
        "0.5 of seeds by 40 [10, never], over 8 seeds, of which 2 never",
    )
    assert verdict(claim, none=[10, np.nan, 30]).found == "1 of 3 seeds has no value"


@pytest.mark.parametrize("n", [2, 5, 9])
def test_the_largest_of_several_is_tested_against_the_largest_of_every_flip(n):
    draw = np.random.default_rng(n)
    differences = draw.normal(0.4, 1, (3, n))
    scaled = differences / np.sqrt((differences**2).sum(axis=1, keepdims=True))
    found = one_sided(differences)
    signs = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
    sums = signs @ scaled.T
    assert found.each == pytest.approx((sums >= scaled.sum(axis=1) - 1e-12).mean(axis=0))
    assert found.largest == pytest.approx((sums.max(axis=1) >= scaled.sum(axis=1).max() - 1e-12).mean())


EVERY = {
    "exact": {"cell": NONE, "value": 1, "margin": 0.1},
    "published": {"cell": NONE, "value": 1, "margin": 0.5},
    "published_mean": {"cell": NONE, "value": 1, "n": 3, "sd": 0.1, "margin": 0.1},
    "order": {"lower": L2, "than": NONE},
    "equal": {"cell": L2, "than": NONE, "margin": 0.1},
    "ratio": {"cell": L2, "than": NONE, "value": 2, "margin": 0.1},
    "extreme": {"which": "least", "axis": AXIS, "inside": [1]},
    "trend": {"direction": "rising", "axis": AXIS},
    "share": {"cell": NONE, "holds": "< 1", "high": 0.5},
    "first": {"cell": NONE, "high": 50},
}


@pytest.mark.parametrize("kind", CLAIMS)
def test_every_kind_has_words_a_judge_and_a_rule(kind):
    claim = read({"kind": kind, **BASE, **EVERY[kind]})
    assert "m" in words(claim)
    assert rules([{"kind": kind}, {"kind": kind}, {"kind": "guess"}, None]) == [KINDS[type(claim)].RULE]
    assert all(callable(getattr(KINDS[type(claim)], part)) for part in ("evidence", "verdict", "cannot"))
    assert words(read({"kind": kind, **BASE, **EVERY[kind], "says": "It is so"})) == "It is so"


@pytest.mark.parametrize("kind", CLAIMS)
def test_one_seed_cannot_decide_anything_and_forty_can(kind):
    claim = read({"kind": kind, **BASE, **EVERY[kind]})
    assert cannot(claim, 1, [claim])
    assert not cannot(claim, 40, [claim])


def test_what_cannot_be_decided_is_said_with_the_way_out():
    def why(kind, seeds=8, claims=1, shares=(), **fields):
        claim = read({"kind": kind, **BASE, **EVERY[kind], **fields})
        return cannot(claim, seeds, [claim] * claims, shares)

    few = "the test cannot reach p < 0.05: take at least"
    assert why("order", 5) == f"with 5 seeds and 1 claim of order {few} 6 seeds"
    assert why("order", 6, 2) == f"with 6 seeds and 2 claims of order {few} 7 seeds"
    assert why("extreme", 5) == f"with 5 seeds and 1 comparison {few} 6 seeds"
    assert why("order", lower=NONE) == "regularizer=none is compared with itself: nothing could decide it"
    assert why("equal", than={AXIS: "1e-1", "regularizer": "l2"}).endswith("itself: nothing could decide it")
    assert why("share", low=0, high=1) == "nothing could refute it: every share lies from 0 to 1"
    assert why("share", high=0.1) == "8 seeds cannot support it, whatever they find: take at least 36"
    assert why("share", 5, low=0.1, high=1.0) == "5 seeds cannot refute it, whatever they find: take at least 36"
    assert why("first", 5) == "5 seeds cannot support it, whatever they find: take at least 6"
    assert why("first", 20, share=0.9) == "20 seeds cannot support it, whatever they find: take at least 36"
    assert not why("equal", margin=1)
    assert (
        why("equal", margin=1, shares=["m"])
        == "nothing could refute it: m always lies from 0 to 1, which the margin covers"
    )
    assert why("exact", value=0.5, margin=0.5, metric="share(test/error == 0)").startswith("nothing could refute it")
    assert not why("exact", value=0.5, margin=0.4, metric="share(test/error == 0)")


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ({**RUNS}, "the claim states neither sd nor se; it must have one"),
        ({**RUNS, "sd": 1, "se": 1}, "the claim states both sd and se; it must have one"),
        ({**RUNS, "sd": 1, "n": 1}, "the claim's n is 1; it must be a whole number, at least 2"),
        ({**RUNS, "sd": 0}, "the claim's sd is 0; it must be a finite number above 0"),
        ({"kind": "extreme", **EVERY["extreme"], "which": "lowest"}, "which is 'lowest'; it must be least or greatest"),
        (
            {"kind": "extreme", **EVERY["extreme"], "inside": {"from": 2, "to": 1}},
            "it must be a list of the axis's values",
        ),
        ({"kind": "extreme", **EVERY["extreme"], "inside": []}, "it must be a list of the axis's values"),
        ({"kind": "trend", **EVERY["trend"], "direction": "up"}, "direction is 'up'; it must be rising or falling"),
        ({"kind": "trend", **EVERY["trend"], "log": ["x"]}, "log is ['x']; it must be true or false"),
        ({"kind": "trend", **EVERY["trend"], "axis": ""}, "axis is ''; it must be an axis, such as penalty.strength"),
        (
            {"kind": "share", **EVERY["share"], "holds": "about 1"},
            "a condition is 'about 1'; it must be one of <, <=, >, >=, ==",
        ),
        ({"kind": "share", **EVERY["share"], "holds": 1}, "holds is 1; it must be a condition"),
        (
            {"kind": "share", **EVERY["share"], "low": 0.7},
            "the claim's low is 0.7 and its high 0.5; low must not lie above high",
        ),
        ({"kind": "first", "cell": NONE}, "the claim states neither low nor high"),
        ({"kind": "first", **EVERY["first"], "share": 1}, "share is 1; it must be a number between 0 and 1"),
        ({"kind": ["exact"]}, "the claim's kind is ['exact']; it must be one of"),
    ],
)
def test_a_claim_that_says_too_little_or_too_much_is_refused(claim, why):
    with pytest.raises(ValueError, match=re.escape(why)):
        read({**BASE, **claim})


@given(
    st.sampled_from(["<", "<=", ">", ">=", "=="]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", " "]),
)
def test_a_condition_reads_back(sign, number, space):
    assert condition(f"{sign}{space}{number!r}") == (sign, number)


@pytest.mark.parametrize(
    "text", ["", "0.1", "< ", "< a", "<< 1", "=< 1", "< 1 < 2", "< nan", "< inf", "__import__('os')", "< ١"]
)
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(ValueError, match="it must be one of <, <=, >, >=, == and a number"):
        condition(text)


def test_the_documents_examples_are_claims_of_every_kind_that_twenty_seeds_can_decide():
    text = (ROOT / "conf" / "README.md").read_text(encoding="utf-8")
    stated = yaml.safe_load(re.search(r"```yaml\n(claims:.*?)```", text, re.S)[1])["claims"]
    assert [one["kind"] for one in stated] == list(CLAIMS)
    assert set(re.findall(r"^\| `(\w+)`", text.split("claims:")[1], re.M)) >= set(CLAIMS)
    study = Study("s", "Is it so?", claims=stated)
    claims = [read(one) for one in study.claims]
    assert [cannot(claim, 20, claims) for claim in claims] == [""] * len(claims)


@pytest.mark.parametrize(
    ("text", "held"),
    [("< 1", [1, 0, 0]), ("<= 1", [1, 1, 0]), ("> 1", [0, 0, 1]), (">= 1", [0, 1, 1]), ("== 1", [0, 1, 0])],
)
def test_a_condition_holds_of_values_and_of_no_nan(text, held):
    assert condition(text).of(np.array([0.0, 1.0, 2.0])).tolist() == held
    assert not condition(text).of(np.nan)
