"""A report is bounded, and its parts stand alone: many cells, many seeds, a figure that fails; and what each part says is so."""

import sys
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from reports import build, contents, of_networks
from reports.comparison import compare
from reports.excerpt import IN_TABLES, leading, lines_within
from reports.figures.figure import specification
from reports.figures.heat_map import heat_map
from reports.figures.seeds import SEEDS, spread
from reports.figures.stated import excerpt, measured
from reports.figures.strengths import strengths
from reports.figures.weights import weight_distribution
from reports.page import recipe
from reports.schema.names import arm_name, as_number
from reports.schema.statements import StatedFigure
from reports.tables import latex
from reports.terminal import table_of
from tests.reports.made import many
from tests.reports.test_comparison import sweep_of


def placed(places, choose=(), baseline=None, **more):
    """A sweep of cells at these axes; errors rise with the numbers."""
    names = [" ".join(place.values()) or "made" for place in places]
    level = {
        n: sum(v for v in map(as_number, p.values()) if isinstance(v, float))
        for n, p in zip(names, places, strict=True)
    }
    cells = {n: (p, 0.1 + level[n] / 100, 0.2 + level[n] / 100) for n, p in zip(names, places, strict=True)}
    sweep = sweep_of(cells, choose=choose, baseline=baseline or {})
    axes = list(dict.fromkeys(axis for place in places for axis in place))
    own = dict(zip(names, places, strict=True))

    def at_its_place(table):
        along = {
            f"axis/{axis}": [as_number(own[n][axis]) if axis in own[n] else None for n in table.cell] for axis in axes
        }
        arms = [arm_name(own[n], axes, choose) for n in table.cell]
        return table.drop(columns=["axis/regularizer", "axis/penalty.strength"]).assign(arm=arms, **along, **more)

    return sweep._replace(
        axes=axes, **{name: at_its_place(getattr(sweep, name)) for name in ("curves", "results", "seeds")}
    )


def reported(sweep, folder):
    with ThreadPoolExecutor(1) as beside:
        return build.report(sweep, folder, beside)


UNION = [
    {"regularizer": "none", "rate": "1"},
    {"regularizer": "none", "rate": "2"},
    *({"regularizer": "l2", "strength": s, "rate": r} for s in ("1", "2", "3") for r in ("1", "2")),
]


def test_a_missing_axis_is_missing():
    sweep = placed(UNION, choose=["strength"], baseline={"regularizer": "none"})
    grid = heat_map(sweep, compare(sweep))
    assert set(grid.data.panel) == {"l2"}
    assert set(grid.data.cell) == {cell["name"] for cell in sweep.cells if "strength" in cell["axes"]}
    assert set(strengths(sweep, compare(sweep)).data.panel) == {"l2: strength", "none: rate", "l2: rate"}


def test_a_cell_that_lacks_the_axis_of_colours_is_drawn_without_a_value():
    spec = {"title": "t", "x": "rate", "color": "strength", "lines": ["test/error"]}
    data = measured(StatedFigure(**spec), placed(UNION))
    assert set(data["color"]) == {"–", 1.0, 2.0, 3.0}
    assert measured(StatedFigure(**spec | {"x": "strength", "color": "rate"}), placed(UNION)).x.notna().all()


def test_where_two_axes_are_chosen_every_value_of_the_other_has_its_line():
    places = [{"strength": s, "rate": r} for s in ("1", "2", "3") for r in ("10", "20")]
    sweep = placed(places, choose=["strength", "rate"])
    figure = strengths(sweep, compare(sweep))
    assert {"axis/strength", "axis/rate"} <= set(figure.data.columns)
    for _, line in figure.data.groupby(["panel", "line", "quantity"]):
        assert line["value"].is_unique
    along = figure.data[figure.data.panel == "strength"]
    assert set(along.line) == {"rate=10", "rate=20"}
    specification(figure)


def test_axes_that_vary_together_are_dots_and_no_line():
    sweep = placed([{"strength": str(i), "rate": str(10 * i)} for i in (1, 2, 3)], choose=["strength", "rate"])
    marks = str(specification(strengths(sweep, compare(sweep))))
    assert "'type': 'line'" not in marks
    assert heat_map(sweep, compare(sweep)) is None


def test_no_mean_is_taken_over_an_axis_that_a_stated_figure_does_not_name():
    sweep = placed([{"strength": s, "rate": r} for s in ("1", "2") for r in ("10", "20")])
    data = measured(StatedFigure("t", "strength", lines=["test/error"]), sweep)
    assert set(data.others) == {"rate=10", "rate=20"}
    assert (data.seeds == sweep.results.seed.nunique()).all()


def test_weights_lie_over_those_of_their_own_baseline():
    places = [{"width": w, "regularizer": r} for w in ("[8]", "[16]") for r in ("none", "l2")]
    shares = {"histogram/-5.00": 0.25, "histogram/0.00": 0.75}
    sweep = placed(places, baseline={"regularizer": "none"}, **shares)
    drawn = specification(weight_distribution(sweep, compare(sweep)))["concat"]
    assert [(p["title"]["text"], p["title"]["subtitle"]) for p in drawn] == [
        ("[8] l2", "grey: [8] none"),
        ("[16] l2", "grey: [16] none"),
    ]
    of_cell = {cell["name"]: float(n) for n, cell in enumerate(sweep.cells)}
    own = sweep.results.assign(**{"histogram/-5.00": sweep.results.cell.map(of_cell)})
    figure = weight_distribution(sweep._replace(results=own), compare(sweep))
    for panel in specification(figure)["concat"]:
        for layer in panel["layer"]:
            data = specification(figure)["datasets"][(layer.get("data") or panel["data"])["name"]]
            (arm,) = {row["arm"] for row in data}
            assert arm in (panel["title"]["text"], panel["title"]["subtitle"].removeprefix("grey: "))
            assert data[0]["share"] == 100 * of_cell[arm]
    alone = placed(places[:1], **shares)
    (panel,) = specification(weight_distribution(alone, compare(alone)))["concat"]
    assert "subtitle" not in panel["title"]
    assert len(panel["layer"]) == 1


def test_how_it_was_done_tells_what_was_swept_not_the_first_cells_value():
    places = [{"network.hidden": h, "split.train": n} for h in ("[8]", "[16]") for n in ("100", "400")]
    params = {"network.hidden": "[8]", "split": "holdout", "data.train": "100", "selection": "last", "epochs": "5"}
    sweep = placed(places)._replace(params=params)
    told = recipe(sweep)
    assert told["Training"].startswith("hidden layers [8], [16], ")
    assert "5 epochs" in told["Training"]
    assert "100 train" not in told["Data"]
    assert "split.train: 100, 400" in told["Varied"]
    for cell in sweep.cells:
        cell["sizes"] = {"train": int(cell["axes"]["split.train"]), "test": 50}
    assert recipe(sweep)["Data"].endswith("100 or 400 train, 50 test")
    by_network = placed([{"network": "mlp"}, {"network": "linear"}])._replace(params=params)
    assert "hidden layers (by network)" in recipe(by_network)["Training"]
    linear = placed(places[:2])._replace(params=params | {"network.hidden": "[]"}, axes=["split.train"])
    assert recipe(linear)["Training"].startswith("no hidden layers, ")
    residual = {"network": "residual", "network.width": "64", "network.blocks": "2", "network.initialization": "he"}
    others = {"split": "holdout", "data.train": "100", "selection": "last", "epochs": "5"}
    assert (
        "network residual (blocks 2, width 64), "
        in recipe(placed([{"epochs": "5"}, {"epochs": "9"}])._replace(params=others | residual))["Training"]
    )
    normalized = params | {"network": "normalized", "network.normalization": "batch"}
    assert "hidden layers [8], [16] with batch normalization" in recipe(sweep._replace(params=normalized))["Training"]
    fewer = sweep._replace(results=sweep.results[(sweep.results.cell != "[8] 100") | (sweep.results.seed < 3)])
    assert recipe(fewer)["Seeds"].startswith("3 to 8 a cell")
    early = sweep.seeds.assign(**{"selected/last": np.where(sweep.seeds.cell == "[8] 100", -1, sweep.seeds.selected)})
    assert "last step" not in recipe(sweep._replace(seeds=early))["Training"]


@pytest.mark.parametrize("where", ["make", "draw"])
def test_a_figure_that_fails_is_a_note_and_the_others_are_drawn(where, undrawn, monkeypatch, tmp_path):
    def fall(*_):
        raise ValueError("no such <colour>")

    if where == "make":
        plans = of_networks.of_comparison
        monkeypatch.setattr(
            of_networks,
            "of_comparison",
            lambda *of: [p._replace(make=fall) if p.title == "Learning curves" else p for p in plans(*of)],
        )
    else:
        draw = contents.draw
        monkeypatch.setattr(contents, "draw", lambda f: fall() if f.name == "learning_curves" else draw(f))
    made = reported(many(3, seeds=2, evaluations=3), tmp_path / "report")
    assert made.failures == ["Learning curves: ValueError: no such <colour>"]
    page = (made.folder / "index.html").read_text()
    assert "Could not be made: Learning curves. ValueError: no such &lt;colour&gt;" in page
    assert not (made.folder / "learning_curves.csv").exists()
    assert {"seeds.csv", "gap.csv", "weights.csv", "table.csv"} <= {file.name for file in made.folder.iterdir()}


@pytest.mark.parametrize("part", ["compare", "judge", *of_networks.TABLES])
def test_a_part_that_fails_costs_no_other(part, undrawn, monkeypatch, tmp_path):
    def fall(*_):
        raise RuntimeError("lost")

    if part in of_networks.TABLES:
        monkeypatch.setitem(of_networks.TABLES, part, (part, fall))
    else:
        monkeypatch.setattr(contents if part == "judge" else of_networks, part, fall)
    made = reported(many(3, seeds=2, evaluations=3), tmp_path / "report")
    assert [line.rpartition(": ")[2] for line in made.failures] == ["lost"]
    assert len(made.findings.table) == 3


def test_a_report_with_a_failed_figure_exits_with_1(monkeypatch, capsys, tmp_path):
    report = build.Report(tmp_path, None, "", [], "", ["Gap: ValueError: lost"])
    monkeypatch.setattr(build, "open_store", lambda _: type("", (), {"get_run": lambda *_: sweep_run}))
    sweep_run = type("", (), {"info": type("", (), {"run_name": "sweep: made"})})
    monkeypatch.setattr(build, "find_sweep", lambda *_: "run")
    monkeypatch.setattr(build, "build", lambda *_: report)
    monkeypatch.setattr(sys, "argv", ["build"])
    with pytest.raises(SystemExit) as left:
        build.main()
    assert left.value.code == 1
    assert "Gap: ValueError: lost" in capsys.readouterr().err


@pytest.mark.parametrize("choose", [[], ["penalty.strength"]])
def test_many_cells_make_a_page_of_few(choose, undrawn, tmp_path):
    sweep = many(200, seeds=2, evaluations=60, choose=choose)
    made = reported(sweep, tmp_path / "report")
    assert not made.failures
    table = pd.read_csv(made.folder / "table.csv")
    if not choose:
        assert len(made.findings.table) == IN_TABLES
        assert len(table) == 200
        page = (made.folder / "index.html").read_text()
        assert "The 50 of least validation error, baselines among them, of 200" in " ".join(page.split())
        assert "Shown: 12 of 200 arms" in page
    assert len(pd.read_csv(made.folder / "strengths.csv")) == 600  # every cell, three quantities
    assert len(made.note) < 8000


@pytest.mark.slow
@pytest.mark.parametrize(("cells", "choose", "arms"), [(1000, [], 1), (1000, ["penalty.strength"], 1), (1000, [], 100)])
def test_a_thousand_cells_make_a_small_page_in_seconds(cells, choose, arms, tmp_path):
    made = reported(many(cells, choose=choose, arms=arms), tmp_path / "report")
    assert not made.failures
    assert (made.folder / "index.html").stat().st_size < 3e6
    assert len(made.note) < 8000


def test_the_baseline_is_shown_however_bad_it_is():
    sweep = many(100, seeds=2, evaluations=2)
    worst = sweep.results.cell == sweep.cells[0]["name"]  # the first is the baseline
    sweep.results.loc[worst, "validation/error"] = 1.0
    comparison = compare(sweep)
    shown = leading(sweep, comparison, 10, last=2).rows
    assert shown[0].arm == comparison.baseline
    assert len(shown) == 10
    errors = sweep.results.groupby("cell")["validation/error"].mean()
    assert errors[shown[1].cell] == errors.min()
    assert {errors[row.cell] for row in shown[-2:]} <= set(errors.nlargest(3))


def test_many_seeds_are_a_strip_of_quantiles():
    sweep = many(2, seeds=1000, evaluations=2)
    figure = spread(sweep, compare(sweep))
    drawn = max(specification(figure)["datasets"].values(), key=len)
    assert len(drawn) == 2 * (SEEDS + 1)
    assert len(figure.data) == 2000
    errors = 100 * sweep.results["test/error"]
    assert min(row["test/error"] for row in drawn) == pytest.approx(errors.min())
    assert max(row["test/error"] for row in drawn) == pytest.approx(errors.max())


def test_a_stated_figure_draws_no_more_than_one_can_see():
    data = pd.DataFrame({"x": np.arange(784 * 50) % 50, "metric": np.arange(784 * 50) // 50})
    data = data.assign(mean=0.0, low=0.0, high=0.0, seeds=1, mark="lines", series=data.metric.map(str))
    shown, said = excerpt(data)
    assert said == " Shown: 12 of 784 series."
    assert shown.series.nunique() == 12


NAMES = [
    {
        "": "activation_noise optimizer.learning_rate=0.01",
        "chosen": "0.0003 hidden=0.25",
        "error": "1.234e+04 ± 1.234e+03",
    },
    {"": "l2", "chosen": "0.1", "error": "2 ± 1"},
]


@pytest.mark.parametrize("width", [80, 60, 45])
def test_names_are_broken_between_words_alone(width):
    written = StringIO()
    rows = [row | {f"e{n}": row["error"] for n in range(3)} for row in NAMES]
    Console(file=written, width=width).print(table_of("Answer.", rows, "What\nit is.", width))
    text = written.getvalue()
    assert all(word in text for row in rows for word in row[""].split())
    assert max(map(len, text.splitlines())) <= width
    assert "Not shown here: " in text or width == 80


def test_a_note_ends_at_the_end_of_a_line():
    assert lines_within("one\ntwo\nthree", 8) == "one\ntwo"
    assert lines_within("one", 8) == "one"


def test_the_note_fits_into_mlflow_however_long_the_claims_are(undrawn, tmp_path):
    sweep = many(30, seeds=2, evaluations=2)
    claim = {"kind": "exact", "cell": {"penalty.strength": 1}, "metric": "nothing", "value": 1, "margin": 1}
    sweep.study["claims"] = [claim | {"says": f"{n} is so " * 100} for n in range(30)]
    made = reported(sweep, tmp_path / "report")
    assert len(made.note) < 8000
    assert made.note.endswith("report/index.html.")
    assert all(line.endswith("|") for line in made.note.splitlines() if line.startswith("|"))


def test_a_row_of_latex_that_begins_with_a_bracket_is_no_option():
    assert "\n{}[init] & 1 \\\\" in latex([{"": "[init]", "p": "1"}])
