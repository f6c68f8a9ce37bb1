"""study.design: two values a switch, every combination, and nothing else that varies."""

from itertools import product

import pytest

from experiments.config.composition import Job
from experiments.config.errors import ConfigurationError
from experiments.config.full_grid import check_design
from experiments.study.study import Study
from tests.conftest import command

STUDY = Study("made", "Is it so?", design=["a", "b"])


def jobs(*places, **shared):
    return [Job({"a": a, "b": b, **shared}, None, {}) for a, b in places]


FULL = list(product("01", "xy"))


def test_a_full_grid_is_accepted_however_its_numbers_are_written():
    check_design(STUDY, jobs(*FULL, penalty="l2"))
    check_design(STUDY, jobs(("0", "1e-3"), ("1", "0.001"), ("0", "2"), ("1", "2.0")))
    check_design(Study("made", "Is it so?"), jobs(("0", "x")))


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (FULL[:3], r"needs all 4 combinations of its 2 switches; 1 of them is not in this sweep: a=1, b=y\."),
        ([("0", "x"), ("1", "y")], r"2 of them are not in this sweep: a=0, b=y, a=1, b=x\."),
        ([("0", "x"), ("1", "x")], r"study.design names b, which has one value here: x; a switch has two"),
        ([*FULL, ("2", "x")], r"study.design names a, which has 3 values here: 0, 1, 2"),
    ],
)
def test_what_is_no_full_grid_is_refused_with_what_is_missing(places, message):
    with pytest.raises(ConfigurationError, match=message):
        check_design(STUDY, jobs(*places))


def test_an_axis_that_is_no_switch_is_refused():
    with pytest.raises(ConfigurationError, match="and epochs varies as well; give it one value, or two and a place in"):
        check_design(STUDY, [*jobs(*FULL, epochs="1"), *jobs(*FULL, epochs="2")])


def test_a_cell_without_a_switch_is_refused():
    lacking = [Job({"a": a} if a == "0" else {"a": a, "b": b}, None, {}) for a, b in FULL]
    with pytest.raises(ConfigurationError, match="names b, which the cell a=0 does not have"):
        check_design(STUDY, lacking)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"design": ["a"]}, "it must list 2 to 8 different axes"),
        ({"design": ["a", "a"]}, "it must list 2 to 8 different axes"),
        ({"design": [1, 2]}, "it must be a list of axes"),
        ({"design": ["a", "b"], "choose": ["b"]}, "study.design and study.choose both name b"),
        ({"confirm": 1}, "confirm is 1; it must be true or false"),
    ],
)
def test_what_a_study_states_of_switches_is_checked(stated, message):
    with pytest.raises(ValueError, match=message):
        Study("made", "Is it so?", **stated)


@pytest.mark.slow
def test_a_design_on_the_command_line_is_checked_before_training_and_ends_in_effects(lab):
    grid = ["study=none", "penalty=l2", "epochs=2", "seeds=6", "network.hidden=[8]"]
    design = "study.design=[penalty.strength,optimizer.learning_rate]"
    refused = command(lab, *grid, design, "penalty.strength=0,0.1")
    assert refused.returncode == 2
    assert "study.design names optimizer.learning_rate, which the cell" in refused.stderr
    misspelt = command(lab, *grid, "study.design=[penalty.strength,optimizer.rate]", "penalty.strength=0,0.1")
    assert "study.design names 'optimizer.rate', which is no key of this config" in misspelt.stderr
    done = command(lab, *grid, design, "penalty.strength=0,0.1", "optimizer.learning_rate=0.01,0.1")
    assert done.returncode == 0, done.stderr
    assert "3 effects" in " ".join(done.stdout.split())
    (page,) = (lab / "runs" / "reports").glob("*/index.html")
    assert (page.parent / "effects.csv").read_text(encoding="utf-8").count("\n") == 4
