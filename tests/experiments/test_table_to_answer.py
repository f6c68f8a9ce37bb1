"""A table as people have it, with empty cells, dates and a rare class, from file to answer in one command."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.conftest import command

RUN = (
    "study=none dataset=csv dataset.path=visits.csv dataset.target=returned dataset.task=classification "
    "dataset.categorical=[ward] epochs=30 seeds=5 loss=softmax_cross_entropy loss.class_weights=none,balanced"
)
FILLED = "dataset.dates=[admitted] dataset.missing=median dataset.indicator=true"


def write_visits(file: Path, rows: int = 600) -> float:
    """Patients, of whom one in ten returns: the older in summer, and more often those whose weight nobody wrote down."""
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"age": draw.integers(20, 90, rows), "weight": draw.normal(75, 12, rows).round(1)})
    table["ward"] = draw.choice(["north", "south"], rows)
    table["admitted"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 365, rows), unit="D")
    gone = draw.random(rows) < 0.2
    score = table.age / 20 + 2 * table.admitted.dt.month.between(6, 8) + 2 * gone + draw.normal(0, 0.5, rows)
    table["returned"] = np.where(score > score.quantile(0.9), "yes", "no")
    table["weight"] = table.weight.where(~gone)
    table["ward"] = table.ward.where(draw.random(rows) > 0.05)
    table.to_csv(file, index=False)
    return float((table.returned == "yes").mean())


@pytest.mark.slow
def test_a_table_with_empty_cells_dates_and_a_rare_class_comes_to_an_answer_in_one_command(lab):
    rare = write_visits(lab / "visits.csv")
    refused = command(lab, *RUN.split())
    assert refused.returncode == 2
    assert "weight: " in refused.stderr
    assert "dataset.missing=mean" in refused.stderr
    dates = command(lab, *RUN.split(), "dataset.missing=median")
    assert dates.returncode == 2
    assert "dataset.dates=[admitted]" in dates.stderr
    done = command(lab, *RUN.split(), *FILLED.split())
    assert done.returncode == 0, done.stderr
    report = lab / re.search(r"Report: (\S+)", done.stderr)[1]
    table = pd.read_csv(report.parent / "table.csv").set_index("arm")
    assert table.loc["reference: majority class", "test/error"] == pytest.approx(rare, abs=0.01)
    arms = table[~table.index.str.startswith("reference: ")]
    assert len(arms) == 2
    assert arms["test/error"].min() < rare
    assert 'class="reference"' in report.read_text(encoding="utf-8")
