"""Sweeps drawn at random from the space of possible ones: each ends in a page, a table and CSVs, whatever it lacks."""

import itertools
import json
import re
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from reports.build import report
from reports.schema.names import short
from tests.reports.made import calculated, curves_of, read_back

ODD = "\"'|<>&\\{}[]$_%#^~*`=:;,.@/ ()−€λ²😀👩‍🔬שלוםمرحبا中e\u0301"
WORDS = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=("C", "Zl", "Zp"))), max_size=30)
NUMBERS = st.sampled_from(["0", "0.1", "1e-3", "0.001", "1", "10", "-2", "300", "1e5", "inf", "nan", "16"])
SIGNS = ["<b>", "</script>", "&amp;", "{{ 1 }}", "{%", "%}", "<!--", "\\|", '"', "'", "$x$", "`", "a=b", "😀", "مرحبا"]
WORDS |= st.lists(st.sampled_from(SIGNS), min_size=1, max_size=4).map("".join)
PROSE = WORDS | WORDS.map(lambda text: (text + " ") * 400)
OPTIONS = st.sampled_from(
    ["none", "l2", "null", "true", "[16]", "[16,8]", "None", "nan", "long " * 60, "l" * 300]
) | WORDS.filter(str.strip)
AXES = [
    "regularizer",
    "penalty.strength",
    "optimizer.learning_rate",
    "network.hidden",
    "noise.hidden.rate",
    "seeds",
    "a|<b",
]
VARY = ["[split,init,order]", "[split]", "[init]", "[order]"]


@st.composite
def grids(draw):
    """The axes of each cell: a union of grids, some of them zipped, that need not have the same axes."""
    numbers = draw(st.sampled_from([0, 1, 2, 3, 3]))
    axes = draw(st.lists(st.sampled_from(AXES), unique=True, min_size=numbers, max_size=numbers))
    axes += draw(st.sampled_from([[], [], ["vary"]]))
    kinds = {axis: draw(st.sampled_from([NUMBERS, NUMBERS, OPTIONS])) for axis in axes}
    cells = []
    for _ in range(draw(st.integers(1, 3))):
        own = [axis for axis in axes if draw(st.integers(0, 3))]  # most of them
        values = [
            draw(
                st.lists(st.sampled_from(VARY) if axis == "vary" else kinds[axis], min_size=1, max_size=4, unique=True)
            )
            for axis in own
        ]
        together = zip if draw(st.integers(0, 3)) == 0 else itertools.product
        cells += [dict(zip(own, place, strict=True)) for place in together(*values)] if own else [{}]
    return axes, cells[:12]


def name_of(cell, axes):
    return " ".join(f"{short(a, axes)}={cell[a]}" if "." in a else cell[a] for a in axes if a in cell) or "made"


@st.composite
def stated_figures(draw, axes):
    place = st.sampled_from([*axes, "no.such.axis"])
    figure = {"title": draw(PROSE), "x": draw(st.sampled_from(["step", "epoch"]) | place)}
    figure |= {end: draw(place) for end in ("color", "panels") if draw(st.booleans())}
    figure |= {"lines": draw(st.lists(st.sampled_from(["test/*", "exact/*", "*", "threshold"]), max_size=2))}
    figure |= {"points": draw(st.lists(st.sampled_from(["train/error", "trained/*"]), max_size=2))}
    figure |= {"log": draw(st.lists(st.sampled_from(["x", "y"]), unique=True)), "caption": draw(PROSE)}
    return figure | draw(
        st.sampled_from([{}, {"only": {"step": [0, 10]}}, {"only": {a: [0.1, "none"] for a in axes[:1]}}])
    )


@st.composite
def claims(draw, axes, cells):
    places = st.sampled_from([cell for cell in cells if cell] or [{"regularizer": "none"}])
    claim = {"metric": draw(st.sampled_from(["test/error", "threshold", "nothing"])), "says": draw(PROSE)}
    number = st.sampled_from([0.01, 0.1, 1.0])
    margin = {"value": draw(number), "margin": draw(number)}
    cell, pair = {"cell": draw(places)}, {"cell": draw(places), "than": draw(places)}
    line = {"axis": draw(st.sampled_from([*axes, "no.such.axis"])), "cells": draw(st.just({}) | places)}
    inside = st.sampled_from([[0.1], ["none", 0.1], {"from": 0, "to": 0.1}])
    kinds = {
        "exact": cell | margin,
        "published": cell | {"value": draw(number)},
        "published_mean": cell | margin | {"n": 3} | draw(st.sampled_from([{"sd": 0.1}, {"se": 0.1}])),
        "order": {"lower": draw(places), "than": draw(places)},
        "equal": pair | {"margin": draw(number)},
        "ratio": pair | margin,
        "extreme": line | {"which": draw(st.sampled_from(["least", "greatest"])), "inside": draw(inside)},
        "trend": line | {"direction": draw(st.sampled_from(["rising", "falling"])), "log": draw(st.booleans())},
        "share": cell | {"holds": "< 0.1", "high": draw(number)},
        "first": cell | {"high": draw(number)},
    }
    kind = draw(st.sampled_from(sorted(kinds)))
    return {"kind": kind, "source": draw(PROSE), **claim, **kinds[kind]}


@st.composite
def records(draw):
    """A sweep as it is recorded: its sweep.json, each finished cell's table, the first cell's parameters."""
    axes, places = draw(grids())
    names = [name_of(place, axes) for place in places]
    cells = [
        {"run_id": f"run{n}", "name": name, "axes": place, "status": "FINISHED"}
        for n, (name, place) in enumerate(zip(names, places, strict=True))
        if name not in names[:n]
    ]
    theory, task = draw(st.booleans()), draw(st.sampled_from(["classification", "regression"]))
    for cell in cells:
        cell |= {"data": draw(st.sampled_from(["d", "d", "e"])), "task": task}
        cell |= draw(st.sampled_from([{}, {"sizes": {"train": 100, "validation": 10, "test": 5}}]))
    for cell in draw(st.lists(st.sampled_from(cells[1:]), max_size=3)) if len(cells) > 1 else []:
        cell["status"] = "FAILED"
    random, lost = np.random.default_rng(draw(st.integers(0, 9))), draw(st.sampled_from(["none", "some", "all"]))
    tables = {}
    for cell in cells:
        seeds, evaluations = draw(st.integers(1, 5)), draw(st.integers(1, 4))
        diverged = (
            {"none": [], "all": list(range(seeds))}.get(lost) if lost != "some" else draw(st.lists(st.integers(0, 4)))
        )
        made = (
            calculated(random, seeds, evaluations) if theory else curves_of(random, seeds, evaluations, task, diverged)
        )
        if draw(st.integers(0, 3)) == 0:  # a regression that is nearly lost
            made = made.assign(**{name: made[name] * 1e60 for name in made if name.startswith(("test/", "threshold"))})
        if draw(st.integers(0, 3)) == 0:
            made = made.assign(
                **{name: made[name].fillna(np.inf) for name in made if name.startswith(("train/", "val"))}
            )
        if cell["status"] == "FINISHED":
            tables[cell["run_id"]] = made
    baseline = draw(st.sampled_from([{}, *(cell["axes"] for cell in cells), {"regularizer": "not there"}]))
    study = {
        "name": "made",
        "question": draw(PROSE),
        "baseline": {axis: value for axis, value in baseline.items() if draw(st.booleans())},
        "choose": draw(st.lists(st.sampled_from(axes), unique=True, max_size=2)) if axes else [],
        "expect": draw(PROSE),
        "smallest_effect": draw(st.sampled_from([None, 0.01])),
        "claims": draw(st.lists(claims(axes, places), max_size=2)),
        "measures": draw(st.sampled_from([[], ["threshold"]])),
        "figures": draw(st.lists(stated_figures(axes), max_size=2)),
    }
    params = {"dataset": "digits", "data.task": task, "data.train": "150", "data.test": "750", "vary": VARY[0]}
    params |= {"theory": "descent"} if theory else {"network.hidden": "[16]", "selection": "last", "epochs": "2"}
    return {"name": "made now", "study": study, "axes": axes, "cells": cells}, tables, params


class Checked(HTMLParser):
    """Every tag that opens closes, in order; what the heading says."""

    def __init__(self):
        super().__init__()
        self.open, self.heading = [], ""

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "br", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.heading += data if self.open and self.open[-1] == "h1" else ""


def check(record, tables, params, folder):
    """A page, a table, consistent CSVs, nothing that failed."""
    sweep = read_back(record, tables, params, folder / "store")
    with ThreadPoolExecutor(1) as beside:
        made = report(sweep, folder / "report", beside)
    assert not made.failures, made.failures
    files = {file.name: file for file in made.folder.iterdir()}
    for file in files.values():
        if file.suffix == ".csv":
            pd.read_csv(file)
    results = pd.read_csv(files["results.csv"], dtype=str, keep_default_na=False)
    assert len(results) == sum(table.seed.nunique() for table in tables.values())
    finished = [cell["name"] for cell in record["cells"] if cell["status"] == "FINISHED"]
    assert list(dict.fromkeys(results["cell"])) == finished
    for axis in record["axes"]:
        lacking = [cell["name"] for cell in record["cells"] if axis not in cell["axes"]]
        assert (results[results["cell"].isin(lacking)][f"axis/{axis}"] == "").all()
    for name, places in (("strengths.csv", {"axis": "value"}), ("heat_map.csv", {"across": "x", "down": "y"})):
        drawn = pd.read_csv(files[name], dtype=str, keep_default_na=False) if name in files else pd.DataFrame()
        for _, row in drawn.iterrows():
            for axis, place in places.items():
                assert np.isfinite(float(row[place]))
                assert float(row[f"axis/{row[axis]}"]) == float(row[place])
    page = files["index.html"].read_text(encoding="utf-8")
    read = Checked()
    read.feed(page)
    assert read.heading == sweep.study["question"]
    assert len(page) < 3e6
    for text in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL):
        json.loads(text)
    assert len(made.note) < 8000
    check_terminal(made)


def check_terminal(made):
    written = StringIO()
    Console(file=written, width=80).print(made.terminal_table())
    assert max(map(cell_len, written.getvalue().splitlines())) <= 80
    rows = made.findings.in_terminal[0]
    for row in rows:
        for word in row[""].split():
            assert len(word) > 20 or word in written.getvalue(), f"{word!r} in\n{written.getvalue()}"


QUICK = settings(database=None, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@settings(QUICK, max_examples=20, derandomize=True)
@given(records())
def test_every_sweep_ends_in_a_page(undrawn, record):
    with TemporaryDirectory() as folder:
        check(*record, Path(folder))


@pytest.mark.slow
@settings(QUICK, max_examples=200, derandomize=True)
@given(records())
def test_every_sweep_ends_in_a_page_with_pictures(record):
    with TemporaryDirectory() as folder:
        check(*record, Path(folder))
