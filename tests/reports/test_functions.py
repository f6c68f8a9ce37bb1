"""Functions on a grid: figures along the input, and distances worked by hand."""

import numpy as np
import pytest

from reports.figures.stated import measured, stated
from reports.functions import distances
from reports.schema.statements import figure
from tests.reports.made import many

SPEC = {"title": "fits", "x": "function", "lines": ["function*"], "color": "penalty.strength"}


def sweep_of(functions, places=("x=-1", "x=0.5")):
    """Two cells with three seeds each; their functions at the places, by cell and seed."""
    sweep = many(2, seeds=3, evaluations=2)
    values = np.array(functions, float).reshape(-1, len(places))
    names = [f"function/{place}" for place in places]
    results = sweep.results.sort_values(["cell", "seed"]).assign(**dict(zip(names, values.T, strict=True)))
    return sweep._replace(results=results, metrics=[*sweep.metrics, *names])


FIRST, OTHER = [[0, 0], [1, 1], [2, 2]], [[3, 4], [1, 1], [2, 8]]


def test_distances_are_paired_by_seed_and_within_a_cell_between_seeds():
    """√(½ (3² + 4²)), 0 and √(½ 6²) between the cells; |1|, |2| and |1| between the first cell's seeds."""
    table = distances(sweep_of([*FIRST, *OTHER]))
    within, _, between = (row for _, row in table.iterrows())
    apart = [np.sqrt(12.5), 0, np.sqrt(18)]
    assert within["distance"] == pytest.approx(4 / 3)
    assert np.isnan(within["low"])
    assert between["distance"] == pytest.approx(np.mean(apart))
    assert between["high"] - between["distance"] == pytest.approx(4.3027 * np.std(apart, ddof=1) / np.sqrt(3), rel=1e-4)
    assert (within["cell"] == within["other"], between["cell"] == between["other"]) == (True, False)


def test_a_seed_that_has_diverged_in_one_cell_is_compared_in_none():
    table = distances(sweep_of([*FIRST, [3, np.nan], *OTHER[1:]]))
    assert table["seeds"].tolist() == [3, 2, 2]
    assert table["distance"].iloc[-1] == pytest.approx(np.sqrt(18) / 2)


def test_a_figure_has_the_input_along_x_and_a_line_a_cell():
    sweep = sweep_of([*FIRST, *OTHER])
    data = measured(figure(SPEC), sweep)
    assert sorted(zip(data["x"], data["mean"], strict=True)) == [
        (-1.0, 1.0),
        (-1.0, 2.0),
        (0.5, 1.0),
        (0.5, pytest.approx(13 / 3)),
    ]
    assert set(data["metric"]) == {"function"}
    (drawn,) = stated(sweep._replace(study={**sweep.study, "figures": [SPEC]}))
    assert drawn.chart.to_dict()["layer"][1]["encoding"]["x"]["title"] == "x"


def test_each_output_has_a_line_and_functions_of_two_inputs_have_none():
    sweep = sweep_of(np.ones((6, 4)), ("setosa/x=0", "setosa/x=1", "other/x=0", "other/x=1"))
    assert set(measured(figure(SPEC), sweep)["metric"]) == {"function/setosa", "function/other"}
    assert set(distances(sweep)["output"]) == {"function/setosa", "function/other"}
    two = sweep_of(np.ones((6, 2)), ("x0=0 x1=1", "x0=0 x1=2"))
    assert measured(figure(SPEC), two).empty
    assert len(distances(two)) == 3


def test_a_sweep_without_functions_has_neither():
    assert distances(many(2)).empty
    assert stated(many(2)._replace(study={"figures": [SPEC]})) == []


@pytest.mark.parametrize(
    ("lines", "along"),
    [
        (["function/x=-1", "function/x=0.5"], "function/x=-1, function/x=0.5"),
        (["function/*"], "function/*"),  # beside ten long names the axis would have no room for its figure
    ],
)
def test_many_names_along_y_are_written_as_the_study_writes_them(lines, along):
    places = [f"x=-{n}" for n in range(2, 12)] if len(lines) == 1 else ("x=-1", "x=0.5")
    sweep = sweep_of(np.ones((6, len(places))), places)
    spec = {"title": "fits", "x": "penalty.strength", "lines": lines}
    (drawn,) = stated(sweep._replace(study={**sweep.study, "figures": [spec]}))
    assert drawn.chart.to_dict()["layer"][1]["encoding"]["y"]["title"] == along
