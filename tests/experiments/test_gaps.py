"""Scaled and filled as scikit-learn's pipelines do it on each seed's training rows; gaps that nothing may fill are refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, RobustScaler, StandardScaler

from backprop import sets
from backprop.network import MLP
from experiments.config.building import experiment_of
from experiments.data import datasets
from experiments.data.datasets import csv, npz, parquet
from experiments.data.datasets.dataset import Column, Dataset
from experiments.data.division import divide, seen
from experiments.data.scaling import Scaling
from experiments.data.splits import Holdout
from experiments.notebook import run
from experiments.recording import kept
from experiments.recording.identity import identity
from experiments.study.calculation import Calculation
from reports.schema import KEPT_FILE

SCALERS = {"standard": StandardScaler, "robust": RobustScaler, "unit": MaxAbsScaler, "none": FunctionTransformer}
SPLIT = Holdout(train=61, validation=31, test=43)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_gaps(missing: str) -> Dataset:
    x = datasets.wine().x.copy()
    x[np.random.default_rng(0).random(x.shape) < 0.3] = np.nan
    x[:, 3] = np.rint(x[:, 3] / 5)  # several equal values
    x[:, 4] = 7.0  # a constant
    return replace(datasets.wine(), x=x, missing=missing)


@pytest.mark.parametrize("at_once", [100, 2**20])
@pytest.mark.parametrize("missing", ["mean", "median", "most_frequent", ""])
@pytest.mark.parametrize("features", SCALERS)
def test_features_are_filled_and_scaled_as_scikit_learns_pipeline_does_it(features, missing, at_once, monkeypatch):
    monkeypatch.setattr("experiments.data.scaling.SCALED_AT_ONCE", at_once)
    data = with_gaps(missing) if missing else datasets.wine()
    for seed in (0, 1):
        ours = divide(data, SPLIT, None, Scaling(features), seed, "float64")
        fill = [SimpleImputer(strategy=missing)] if missing else []
        theirs = make_pipeline(*fill, SCALERS[features]()).fit(data.x[ours.rows.train].astype(float))
        for part in ("train", "test"):
            expected = theirs.transform(data.x[getattr(ours.rows, part)].astype(float))
            np.testing.assert_allclose(ours.part(part).x, expected, rtol=1e-9, atol=1e-9)


def test_a_stated_divisor_divides_all_features_and_no_targets():
    for data in (datasets.digits(), datasets.diabetes()):
        ours = divide(data, SPLIT, None, Scaling("unit", divisor=16), 0, "float64")
        np.testing.assert_allclose(ours.part("test").x, data.x[ours.rows.test] / 16)
        assert ours.error_scale == divide(data, SPLIT, None, Scaling(), 0, "float64").error_scale
    with pytest.raises(ValueError, match=r"divisor is 255, but scaling.features is standard, .* scaling.features=unit"):
        Scaling(divisor=255)
    with pytest.raises(ValueError, match=r"scaling.divisor is 0; it must be a number above 0"):
        Scaling("unit", divisor=0)


def test_errors_are_in_the_targets_own_unit_however_features_are_scaled():
    """A network that answers the training mean has the variance around it as its error, in mg² or euros²."""
    data, cells = datasets.diabetes(), [{"scaling": Scaling(features)} for features in SCALERS]
    for parts in cells:
        cell = experiment_of(data, {"seeds": 1, **parts})
        division = cell.divide(0)
        y = data.y[division.rows.test]
        mean = data.y[division.rows.train].mean()
        scaled = division.part("test").y
        np.testing.assert_allclose((scaled**2).mean() * division.error_scale, ((y - mean) ** 2).mean(), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gaps_are_filled_alike_whether_copied_or_taken_when_asked_for(dtype, monkeypatch):
    """One array holds the data of all seeds, and each seed fills its own way."""
    cell = experiment_of(with_gaps("median"), {"dtype": dtype, "split": SPLIT, "seeds": 3})
    divisions = [cell.divide(seed) for seed in range(3)]
    assert all(division.x is cell.dataset.x for division in divisions)
    held = seen(divisions, [division.rows.test for division in divisions])
    copies = sets.ready(held)
    of, rows = np.array([2, 0, 1, 0]), np.random.default_rng(0).integers(0, 43, (4, 7))
    taken = [part.copy() for part in sets.taken(*held, of, rows)]
    for one, other in zip(taken, sets.taken(*copies, of, rows), strict=True):
        assert np.isfinite(one).all()
        assert (one == other).all()
    assert len({division.features.fill[0] for division in divisions}) > 1


def table(**columns) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    rows = pd.DataFrame({"age": draw.integers(20, 80, 90), "colour": draw.choice(["red", "blue"], 90), **columns})
    rows["day"] = pd.Timestamp("2024-02-27") + pd.to_timedelta(np.arange(90), unit="D")
    rows["y"] = np.where(rows.age > 60, "yes", "no")
    return rows


def holes() -> pd.DataFrame:
    rows = table().astype({"age": float})
    rows.loc[[3, 5], "age"] = np.nan
    rows.loc[7, "colour"] = None
    rows.loc[5, "day"] = pd.NaT
    return rows


ROLES = {"target": "y", "task": "classification", "categorical": ["colour"], "dates": ["day"]}


def test_empty_cells_are_refused_with_columns_counts_and_what_to_type():
    holes().to_csv("t.csv", index=False)
    with pytest.raises(ValueError, match="has 4 empty cells, the first in column 'age', row 3") as refused:
        csv("t.csv", **ROLES)
    assert "['age: 2', 'colour: 1', 'day: 1']" in str(refused.value)
    assert "dataset.missing=mean (or median, or most_frequent" in str(refused.value)


def test_empty_targets_are_always_refused():
    rows = table()
    rows.loc[[4, 8], "y"] = None
    rows.to_csv("t.csv", index=False)
    for missing in (None, "mean"):
        with pytest.raises(
            ValueError, match=r"has 2 empty cells.* row 4 .*the target 'y' cannot be filled: remove those"
        ):
            csv("t.csv", **ROLES, missing=missing)


def test_a_column_with_gaps_keeps_them_until_rows_are_taken_and_says_where_on_request():
    holes().to_csv("t.csv", index=False)
    data = csv("t.csv", **ROLES, missing="mean", indicator=True)
    names = [Column("age"), Column("day", what="days"), *(Column("colour", v) for v in ("blue", "missing", "red"))]
    assert data.columns == (*names, Column("age", what="missing"), Column("day", what="missing"))
    assert np.isnan(data.x).sum(axis=0).tolist() == [2, 1, 0, 0, 0, 0, 0]
    assert np.flatnonzero(data.x[:, 5]).tolist() == [3, 5]
    assert np.flatnonzero(data.x[:, 6]).tolist() == [5]
    assert np.flatnonzero(data.x[:, 3]).tolist() == [7]
    assert csv("t.csv", **ROLES, missing="mean").x.shape == (90, 5)


def test_a_table_without_gaps_is_the_same_whatever_would_fill_them():
    table().to_csv("t.csv", index=False)
    plain, filled = csv("t.csv", **ROLES), csv("t.csv", **ROLES, missing="mean", indicator=True)
    assert plain.fingerprint == filled.fingerprint
    assert filled.missing == ""


def test_settings_of_gaps_and_dates_that_are_none_are_refused():
    table().to_csv("t.csv", index=False)
    for settings, message in (
        ({"missing": "zero"}, "dataset.missing is 'zero'; it must be one of mean, median, most_frequent, or null"),
        ({"indicator": True}, "dataset.indicator is true, but dataset.missing is null: .* dataset.missing=mean"),
        ({"indicator": "yes"}, "dataset.indicator is 'yes'; it must be true or false"),
        ({"date_parts": ["century"]}, "date_parts names 'century'; it may name year, month, day, day_of_week, hour"),
        ({"dates": ["colour"]}, "dataset.categorical and dataset.dates both name .'colour'."),
        ({"dates": ["when"]}, r"t.csv has no column 'when' \(dataset.dates\)"),
        ({"dates": []}, r"'day'. are not numbers; .* Dates become numbers with 'dataset.dates=\[day\]'"),
        ({"dates": ["age"], "drop": ["day"]}, r"the column 'age' has '\d+' in row 0 .*dataset.date_format=%d/%m/%Y"),
    ):
        with pytest.raises(ValueError, match=message):
            csv("t.csv", **{**ROLES, **settings})


@pytest.mark.parametrize(
    ("written", "read"), [("%Y-%m-%d", None), ("%d/%m/%Y", "%d/%m/%Y"), ("%Y%m%d", "%Y%m%d"), (None, None)]
)
def test_a_date_is_days_since_1970_and_its_parts_on_request(written, read):
    rows = table()
    if written:
        rows["day"] = rows.day.dt.strftime(written)
        rows.to_csv("t.csv", index=False)
    rows.to_parquet("t.parquet")
    data = (csv if written else parquet)(
        f"t.{'csv' if written else 'parquet'}", **ROLES, date_parts=["month", "day_of_week"], date_format=read
    )
    assert [column.what for column in data.columns[1:4]] == ["days", "month", "day_of_week"]
    assert data.x[2, 1:4].tolist() == [19782.0, 2.0, 3.0]  # 2024-02-29, a Thursday
    assert np.diff(data.x[:, 1]).tolist() == [1.0] * 89


def test_a_date_written_otherwise_is_not_guessed_at():
    rows = table()
    rows["day"] = rows.day.dt.strftime("%d/%m/%Y")
    rows.to_csv("t.csv", index=False)
    with pytest.raises(ValueError, match=r"the column 'day' has '27/02/2024' in row 0 .*dataset.date_format=%d/%m/%Y"):
        csv("t.csv", **ROLES)


def test_arrays_with_nan_are_filled_too():
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    x[3, 1] = np.nan
    np.savez("a.npz", x=x, y=y, infinite=np.where(np.isnan(x), np.inf, x))
    with pytest.raises(ValueError, match=r"first in row 3, column 1 .* filled with dataset.missing=mean"):
        npz("a.npz", "classification")
    assert npz("a.npz", "classification", missing="mean", indicator=True).x[3].tolist()[2:] == [1.0]
    with pytest.raises(ValueError, match="NaN or infinite values, the first in row 3"):
        npz("a.npz", "classification", x="infinite", missing="mean")


def test_a_feature_that_a_seeds_training_rows_lack_is_refused_before_training():
    x = datasets.wine().x.copy()
    x[1:, 2] = np.nan
    cell = experiment_of(replace(datasets.wine(), x=x, missing="mean"), {"split": SPLIT})
    with pytest.raises(ValueError, match=r"the feature 'ash' of wine has no value in the 61 training rows"):
        cell.check_data()


def test_equal_data_filled_otherwise_are_other_results_on_the_same_rows():
    """Which compare paired: the fingerprint is that of the table as it is."""
    mean, median = (experiment_of(with_gaps(missing), {"split": SPLIT}) for missing in ("mean", "median"))
    assert mean.dataset.fingerprint == median.dataset.fingerprint
    assert mean.data_key() != median.data_key()
    known = [identity(OmegaConf.create({"dataset": "d"}), cell) for cell in (mean, median)]
    assert known[0].cell != known[1].cell
    assert mean.rows_digest(0) == median.rows_digest(0)


def test_a_theory_needs_data_without_gaps():
    from experiments.study.theories.l2_path import L2Path

    data = replace(datasets.diabetes(), x=np.where(datasets.diabetes().x > 0.1, np.nan, datasets.diabetes().x))
    with pytest.raises(ValueError, match=r"has missing values, .* fill them in the file"):
        Calculation(replace(data, missing="mean"), L2Path())


def test_a_kept_network_fills_gaps_and_reads_dates_as_its_training_did(tmp_path: Path):
    holes().to_parquet("t.parquet")
    data = parquet("t.parquet", **ROLES, missing="median", indicator=True, date_parts=["day_of_week"])
    quick = {"network": MLP((4,)), "epochs": 5, "seeds": 2, "batch_size": 10, "split": Holdout()}
    results = run({"a": experiment_of(data, quick)}, keep=["rows", "outputs", "weights"])
    for seed in (0, 1):
        kept.save(results.network("a", seed), tmp_path / KEPT_FILE)
        network = kept.load(tmp_path / KEPT_FILE)
        rows = results.rows("a").query("seed == @seed")
        wrong = (
            network.predict(holes().iloc[rows.row])[:, None]
            != np.array(data.classes)[data.y[rows.row].argmax(1)][:, None]
        )
        assert (wrong[:, 0] == rows.error).all()
        assert (network.outputs(holes()) == network.outputs(data.x)).all()
        assert np.isfinite(network.outputs(data.x)).all()
        back = network.as_table(data.x)
        assert back.day.equals(holes().day.astype(back.day.dtype))


def test_a_network_trained_without_gaps_says_that_it_cannot_fill_them():
    results = run({"a": experiment_of(datasets.iris(), {"epochs": 1, "seeds": 1})})
    x = datasets.iris().x.copy()
    x[2, 1] = np.nan
    with pytest.raises(ValueError, match=r"no value in row 2 for the feature 'sepal width .cm.'.*fill them"):
        results.network("a", 0).predict(x)
