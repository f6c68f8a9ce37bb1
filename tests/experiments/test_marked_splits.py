"""Splits by a column of the user's table: whole groups, and time."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from experiments.costs.loads import Size, counts
from experiments.data.datasets import Dataset, csv
from experiments.data.marked_splits import Groups, Time
from experiments.study.about_data import about_data
from tests.conftest import command
from tests.experiments.test_empty_parts import experiment_on


def data_marked(**marks):
    N = len(next(iter(marks.values())))
    return Dataset(
        "tiny",
        np.arange(N, dtype=float)[:, None],
        np.arange(N, dtype=float)[:, None] ** 2,
        "regression",
        "",
        marks=marks,
    )


@given(st.lists(st.integers(1, 9), min_size=12, max_size=30), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_no_group_is_in_two_parts_and_sizes_are_nearly_those_asked_for(sizes, seed):
    group = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    half, quarter = int(0.5 * len(group)), int(0.24 * len(group))
    assume(quarter >= max(sizes))  # else a group may not fit
    parts = Groups("patient", 0.5, 0.24, 0.24)(data_marked(patient=group), seed)
    owners = [set(group[rows].tolist()) for rows in parts]
    assert len(set.union(*owners)) == sum(map(len, owners))
    assert len(parts.train) == half
    for rows, own in zip(parts[1:], owners[1:], strict=True):
        assert quarter - max(sizes) < len(rows) <= quarter
        assert sorted(rows) == np.flatnonzero(np.isin(group, list(own))).tolist()  # whole groups


def test_seeds_divide_groups_differently_and_the_same_seed_the_same():
    data = data_marked(patient=np.repeat(np.arange(20), 5))
    first, again, other = (Groups("patient")(data, seed) for seed in (0, 0, 1))
    assert first.digest() == again.digest() != other.digest()


def test_smaller_training_sets_are_the_first_rows_of_larger_ones():
    data = data_marked(patient=np.repeat(np.arange(20), 5))
    small, large = (Groups("patient", n, 20, 20)(data, 1) for n in (13, 50))
    assert small.train.tolist() == large.train[:13].tolist()
    assert small.test.tolist() == large.test.tolist()


def test_groups_too_large_for_a_part_are_told():
    data = data_marked(patient=np.repeat(np.arange(3), 10))
    with pytest.raises(
        ValueError, match=r"split.test is 0.25, 7 rows, and every group of 'patient' left has more \(seed 0\)"
    ):
        Groups("patient")(data, 0)
    assert len(Groups("patient", 0.3, 0, 0.4)(data, 0).test) == 10


def test_training_comes_before_validation_and_that_before_testing():
    when = np.random.default_rng(0).permutation(100)
    parts = Time("when", 50, 20, 25)(data_marked(when=when), 0)
    assert when[parts.train].tolist() == list(range(5, 55))
    assert when[parts.validation].tolist() == list(range(55, 75))
    assert when[parts.test].tolist() == list(range(75, 100))
    assert Time("when", 50, 20, 25)(data_marked(when=when), 7).digest() == parts.digest()


def test_dates_are_read_as_such_and_words_are_refused():
    dates = np.array(["2024-02-01", "2023-12-31", "2024-01-15T10:00", "2024-01-15"], object)
    assert Time("when", 1, 1, 2)(data_marked(when=dates), 0).test.tolist() == [2, 0]
    with pytest.raises(ValueError, match=r"split.column is 'when', whose values must be numbers or ISO dates such as"):
        Time("when", 1, 0, 1)(data_marked(when=np.array(["1/2/2024", "soon"], object)), 0)


@pytest.mark.parametrize("split", [Groups("patient"), Time("patient")])
def test_a_column_that_is_not_handed_on_is_asked_for_by_name(split):
    with pytest.raises(
        ValueError, match=r"hands on \['when'\]; .*'dataset.marks=\[patient\]' split=\w+ split.column=patient"
    ):
        split(data_marked(when=np.arange(9)), 0)
    with pytest.raises(ValueError, match="it hands on none"):
        split(replace(data_marked(when=np.arange(9)), marks={}), 0)


TABLE = pd.DataFrame(
    {
        "patient": [f"p{n // 4}" for n in range(80)],
        "day": pd.date_range("2024-01-01", periods=80).strftime("%Y-%m-%d"),
        "a": np.sin(np.arange(80)),
        "y": np.cos(np.arange(80)),
    }
)


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    TABLE.to_csv("t.csv", index=False)
    return tmp_path


def test_a_marked_column_of_a_table_is_no_feature_and_changes_no_fingerprint(table):
    marked = csv("t.csv", "y", "regression", drop=["day"], marks=["patient"])
    plain = csv("t.csv", "y", "regression", drop=["day", "patient"])
    assert [column.name for column in marked.columns] == ["a"]
    assert marked.marks["patient"].tolist() == TABLE.patient.tolist()
    assert marked.fingerprint == plain.fingerprint
    with pytest.raises(ValueError, match=r"dataset.marks and dataset.drop both name \['day'\]"):
        csv("t.csv", "y", "regression", drop=["day", "patient"], marks=["day"])
    with pytest.raises(ValueError, match=r"no column 'nobody' \(dataset.marks\)"):
        csv("t.csv", "y", "regression", marks=["nobody"])


def test_a_report_is_told_that_all_seeds_have_one_split_and_what_is_in_no_part(table):
    data = csv("t.csv", "y", "regression", drop=["patient"], marks=["day"])
    about = about_data(experiment_on(data, Time("day", 30, 20, 20)))
    assert about["one_split"]
    assert about["left_out"] == 10
    groups = csv("t.csv", "y", "regression", drop=["day"], marks=["patient"])
    assert "one_split" not in about_data(experiment_on(groups, Groups("patient", 40, 20, 20)))


def test_copies_of_one_network_do_not_count_as_seeds(table):
    """With vary=[split] and one split for all seeds, each is trained alike: six of them had made any difference significant."""
    data = csv("t.csv", "y", "regression", drop=["patient"], marks=["day"])
    alike = replace(experiment_on(data, Time("day", 30, 20, 20)), vary=["split"])
    with pytest.raises(
        ValueError, match=r"vary is \['split'\], but this split gives every seed the same rows: .*\(seeds=1\)"
    ):
        alike.check_data()
    replace(alike, seeds=1).check_data()
    replace(alike, vary=["split", "init"]).check_data()


def test_their_cost_is_that_of_the_rows_asked_for():
    assert tuple(counts(Groups("patient", 40, 0, 0.25), Size(80, 3, 1))) == (40, 0, 20)


@pytest.mark.slow
@pytest.mark.parametrize(("split", "mark", "drop"), [("groups", "patient", "day"), ("time", "day", "patient")])
def test_a_sweep_of_a_table_by_its_column_ends_in_a_page(lab, split, mark, drop):
    TABLE.to_csv(lab / "t.csv", index=False)
    dataset = ["dataset=csv", "dataset.path=t.csv", "dataset.target=y", "dataset.task=regression"]
    by = [f"dataset.marks=[{mark}]", f"dataset.drop=[{drop}]", f"split={split}", f"split.column={mark}"]
    done = command(lab, "study=none", *dataset, *by, "epochs=2", "seeds=2", "penalty=none,l2")
    assert done.returncode == 0, done.stderr
    page = next((lab / "runs" / "reports").glob("*/index.html")).read_text()
    assert ("the split is the same for all" in page) == (split == "time")
