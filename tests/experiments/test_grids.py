import pytest
from hydra.errors import HydraException

from experiments.config.grids import as_text, expand

GRIDS = [
    {"regularizer": "none"},
    {"regularizer": "l2", "penalty.strength": [0.1, 0.2]},
    {"regularizer": "dropout", "noise.hidden.rate": [0.5]},
]


def jobs(grids, *arguments):
    return [" ".join(job) for job in expand(grids, arguments, None)]


def test_grids_are_united_and_their_axes_multiplied():
    assert jobs(GRIDS) == [
        "regularizer=none",
        "regularizer=l2 penalty.strength=0.1",
        "regularizer=l2 penalty.strength=0.2",
        "regularizer=dropout noise.hidden.rate=0.5",
    ]


def test_another_key_multiplies_every_grid():
    assert jobs(GRIDS[:2], "epochs=1,2") == [
        "epochs=1 regularizer=none",
        "epochs=2 regularizer=none",
        "epochs=1 regularizer=l2 penalty.strength=0.1",
        "epochs=1 regularizer=l2 penalty.strength=0.2",
        "epochs=2 regularizer=l2 penalty.strength=0.1",
        "epochs=2 regularizer=l2 penalty.strength=0.2",
    ]


def test_a_value_for_an_axis_keeps_the_grids_that_offer_it():
    assert jobs(GRIDS, "regularizer=l2") == [
        "regularizer=l2 penalty.strength=0.1",
        "regularizer=l2 penalty.strength=0.2",
    ]
    assert jobs(GRIDS, "regularizer=l2,none", "penalty.strength=0.2") == ["regularizer=l2 penalty.strength=0.2"]


def test_a_value_that_no_grid_offers_runs_in_the_grids_that_have_the_axis():
    assert jobs(GRIDS, "penalty.strength=0.7,0.8") == [
        "penalty.strength=0.7 regularizer=l2",
        "penalty.strength=0.8 regularizer=l2",
    ]


def test_a_command_line_alone_is_a_product_and_ranges_and_lists_are_hydras():
    assert jobs([{}], "a=1,2", "b=range(3)") == [f"a={a} b={b}" for a in (1, 2) for b in (0, 1, 2)]
    assert jobs([{}], "h=[64],[256]", "c=choice(x,y)") == [
        f"h={h} c={c}" for h in ("[64]", "[256]") for c in ("x", "y")
    ]
    assert jobs([{}]) == [""]


def test_equal_jobs_run_once():
    assert jobs([{"a": [1, 1]}, {"a": 1}]) == ["a=1"]


def test_an_interval_has_no_values_to_list():
    with pytest.raises(HydraException, match="an interval has no values to list"):
        jobs([{}], "a=interval(0,1)")


@pytest.mark.parametrize("value", [1, 1e-4, "l2", "a b", "it's", [1, 2], [], None, True, {"a": 1}])
def test_values_of_yaml_come_back_from_hydras_grammar(value):
    from hydra.core.override_parser.overrides_parser import OverridesParser

    assert OverridesParser.create().parse_override(f"key={as_text(value)}").value() == value


def test_zipped_axes_go_together_and_multiply_with_the_others():
    grid = {"epochs, seeds": [[10, 5], [100, 2]], "penalty.strength": [0.1, 0.2]}
    assert {frozenset(job.split()) for job in jobs([grid])} == {
        frozenset({f"epochs={epochs}", f"seeds={seeds}", f"penalty.strength={strength}"})
        for epochs, seeds in ((10, 5), (100, 2))
        for strength in (0.1, 0.2)
    }
    assert all("seeds=2" in job for job in jobs([grid], "epochs=100"))
    with pytest.raises(HydraException, match="need rows of 2 values each"):
        jobs([{"a, b": [1, 2]}])
