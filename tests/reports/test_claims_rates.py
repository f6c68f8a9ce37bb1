"""How often each kind of claim is judged wrongly where its rule is nearest to wrong: the figures that its docstring has."""

import numpy as np
import pytest
from scipy import stats

from reports.claims import equal, exact, extreme, first, published, published_mean, ratio, refutation, share, trend
from reports.claims.evidence import Line, Together
from reports.schema import claims as stated

TRIALS, SEEDS, HERE, THERE = 3000, 8, {"a": 1}, {"a": 2}
WITHIN = {"metric": "m", "value": 1.0, "margin": 0.1}


def rate(judge, verdict):
    draw = np.random.default_rng(0)
    return sum(judge(draw).verdict == verdict for _ in range(TRIALS)) / TRIALS


def alone(mean):
    return lambda draw: exact.verdict(stated.Exact(HERE, **WITHIN), draw.normal(mean, 0.05, SEEDS))


def single_run(seeds, off=None):
    """Against a run of our own distribution, or one that lies so many standard deviations off."""

    def judge(draw):
        value = draw.normal() if off is None else off
        claim = stated.Published(HERE, "m", value)
        return published.verdict(claim, published.held(claim, draw.normal(size=seeds)))

    return judge


def single_run_within(margin, off):
    """With a margin: against a single run whose mean lies so many standard deviations off."""

    def judge(draw):
        claim = stated.Published(HERE, "m", draw.normal(off), margin=margin)
        return published.verdict(claim, published.held(claim, draw.normal(size=10)))

    return judge


def runs(count, margin=None, difference=0.0):
    """8 seeds of ours against runs of a paper, which have twice the sd."""

    def judge(draw):
        theirs = draw.normal(0, 2, count)
        claim = stated.PublishedMean(HERE, "m", theirs.mean(), count, sd=theirs.std(ddof=1), margin=margin)
        return published_mean.verdict(claim, published_mean.held(claim, draw.normal(difference, 1, SEEDS)))

    return judge


def paired(kind, claim, ours, theirs):
    """What a split does to both cells, and what is each one's own."""

    def judge(draw):
        values = np.array([[ours], [theirs]]) + draw.normal(0, 0.2, SEEDS) + draw.normal(0, 0.1, (2, SEEDS))
        return kind.verdict(claim, Together(values, 0))

    return judge


def along(kind, claim, means):
    def judge(draw):
        own = draw.normal(0, 1, (len(means), SEEDS))
        values = np.array(means, float)[:, None] + draw.normal(0, 2, SEEDS) + own
        return kind.verdict(claim, Line([float(at) for at in range(len(means))], Together(values, 0)))

    return judge


EQUAL = stated.Equal("m", HERE, THERE, margin=0.3)
RATIO = stated.Ratio("m", HERE, THERE, value=0.5, margin=0.1)
LEAST = stated.Extreme("m", "least", "x", inside=[0, 1, 2])
RISING = stated.Trend("m", "rising", "x")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("judge", "verdict", "percent"),
    [
        pytest.param(alone(1.1), "supported", 2.6, id="exact: on the margin"),
        pytest.param(alone(1.0999), "refuted", 2.5, id="exact: just within"),
        pytest.param(single_run(3), "refuted", 5.0, id="published: a seed like ours"),
        pytest.param(single_run(3, off=3), "compatible", 70, id="published: 3 sd off, 3 seeds"),
        pytest.param(single_run(10, off=3), "compatible", 14, id="published: 3 sd off, 10 seeds"),
        pytest.param(single_run_within(8.0, 8.0), "supported", 2.5, id="published: on the margin"),
        pytest.param(single_run_within(8.0, 7.9999), "refuted", 2.5, id="published: just within"),
        pytest.param(runs(5), "refuted", 5.2, id="published_mean: equal"),
        pytest.param(runs(5, 4.0, 4.0), "supported", 2.6, id="published_mean: on the margin"),
        pytest.param(runs(2), "refuted", 11, id="published_mean: equal, 2 runs"),
        pytest.param(runs(2, 30.0, 30.0), "supported", 5.6, id="published_mean: on the margin, 2 runs"),
        pytest.param(paired(equal, EQUAL, 1.3, 1.0), "supported", 5.0, id="equal: on the margin"),
        pytest.param(paired(equal, EQUAL, 1.2999, 1.0), "refuted", 5.2, id="equal: just within"),
        pytest.param(paired(ratio, RATIO, 1.8, 3.0), "supported", 5.2, id="ratio: on the margin"),
        pytest.param(along(extreme, LEAST, [0, 0, 0, 0, 9, 9, 9]), "supported", 1.9, id="extreme: one outside as good"),
        pytest.param(along(extreme, LEAST, [0, 9, 9, 0, 0, 0, 0]), "refuted", 1.4, id="extreme: all outside as good"),
        pytest.param(along(trend, RISING, [0] * 5), "supported", 2.5, id="trend: flat"),
        pytest.param(along(trend, RISING, [0] * 5), "refuted", 4.4, id="trend: flat, against"),
        pytest.param(along(trend, RISING, [0, 0.1, 0.2, 0.3, 0.4]), "refuted", 1.5, id="trend: rises a little"),
    ],
)
def test_a_verdict_is_wrong_as_often_as_its_docstring_says(judge, verdict, percent):
    expected = percent / 100
    assert rate(judge, verdict) == pytest.approx(expected, abs=4 * (expected * (1 - expected) / TRIALS) ** 0.5)


def a_true_one_is_refuted(draw, correct):
    """A study of ten published claims, all of them true, five of each kind."""
    single = [stated.Published(HERE, "m", draw.normal()) for _ in range(5)]
    theirs = draw.normal(size=(5, 10))
    means = [stated.PublishedMean(HERE, "m", one.mean(), 10, sd=one.std(ddof=1)) for one in theirs]
    claims = [*((published, claim) for claim in single), *((published_mean, claim) for claim in means)]
    held = correct([kind.held(claim, draw.normal(size=10)) for kind, claim in claims])
    judged = [kind.verdict(claim, one) for (kind, claim), one in zip(claims, held, strict=True)]
    return any(one.verdict == "refuted" for one in judged)


@pytest.mark.slow
@pytest.mark.parametrize(("correct", "percent"), [(refutation.corrected, 4.5), (list, 39)])
def test_of_ten_true_published_claims_one_is_refuted_in_a_study_of_twenty_and_uncorrected_in_two_of_five(
    correct, percent
):
    draw, studies = np.random.default_rng(3), 2000
    share, expected = np.mean([a_true_one_is_refuted(draw, correct) for _ in range(studies)]), percent / 100
    assert share == pytest.approx(expected, abs=4 * (expected * (1 - expected) / studies) ** 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("means", [[0, 0, 0, 0, 9, 9, 9], [0, 0, 0, 9, 9, 9, 0], [0, 9, 9, 0, 9, 9, 9], [0] * 7])
def test_no_null_of_an_extreme_is_supported_in_more_than_one_study_of_forty(means):
    assert rate(along(extreme, LEAST, means), "supported") < 0.025 + 3 * (0.025 * 0.975 / TRIALS) ** 0.5


@pytest.mark.slow
def test_the_best_inside_compared_as_if_it_had_not_been_picked_is_supported_twice_as_often_as_it_may():
    def naive(draw):
        values = draw.normal(0, 1, (4, SEEDS))
        best = values[:3][values[:3].mean(axis=1).argmin()]
        return stats.ttest_rel(values[3], best)

    draw = np.random.default_rng(0)
    tests = [naive(draw) for _ in range(TRIALS)]
    wrong = np.mean([one.pvalue < 0.05 and one.statistic > 0 for one in tests])
    assert 0.04 < wrong < 0.08


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [5, 30])
@pytest.mark.parametrize("lognormal", [False, True])
def test_fiellers_interval_covers_the_ratio_of_means(seeds, lognormal):
    """Both cells vary by 10 to 30 % with the seed, ours more; log ratios cover less where values are skew."""
    draw, covered, by_logs = np.random.default_rng(0), 0, 0
    t = stats.t.ppf(0.95, seeds - 1)
    for _ in range(TRIALS):
        split, ours, theirs = draw.normal(0, 0.3, seeds), draw.normal(0, 0.3, seeds), draw.normal(0, 0.15, seeds)
        if lognormal:
            a, b = np.exp(split + ours - 0.3**2 / 2), 2 * np.exp(split + theirs - 0.15**2 / 2)
        else:
            a, b = 1 + split + ours / 2, 2 * (1 + split + theirs)
        found = ratio.fieller(a, b)
        covered += found is None or found.low <= 0.5 <= found.high
        logs = np.log(np.abs(a / b))
        by_logs += abs(logs.mean() - np.log(0.5)) <= t * logs.std(ddof=1) / seeds**0.5
    assert covered / TRIALS == pytest.approx(0.90, abs=0.02)
    if lognormal and seeds == 30:
        assert by_logs / TRIALS == pytest.approx(0.85, abs=0.02)


def chance(verdicts, n, p, wanted):
    """How often a verdict comes of binomial counts: the sum of their probabilities."""
    return sum(stats.binom.pmf(k, n, p) for k in range(n + 1) if verdicts[k] == wanted)


@pytest.mark.parametrize(("n", "percent"), [(10, 1.1), (20, 2.1)])
def test_a_share_on_its_bound_is_judged_wrongly_as_often_as_the_docstring_says(n, percent):
    claim = stated.Share(HERE, "m", "< 1", low=0.5)
    verdicts = [share.verdict(claim, np.repeat([0.0, 1.0], [k, n - k])).verdict for k in range(n + 1)]
    for wanted in ("supported", "refuted"):
        assert 100 * chance(verdicts, n, 0.5, wanted) == pytest.approx(percent, abs=0.05)


@pytest.mark.parametrize(("n", "percent"), [(8, 0.4), (20, 2.1)])
def test_a_median_on_its_bound_is_judged_wrongly_as_often_as_the_docstring_says(n, percent):
    claim = stated.First(HERE, "m", high=10.0)
    verdicts = [first.verdict(claim, np.repeat([1.0, np.inf], [k, n - k])).verdict for k in range(n + 1)]
    for wanted in ("supported", "refuted"):
        assert 100 * chance(verdicts, n, 0.5, wanted) == pytest.approx(percent, abs=0.05)
