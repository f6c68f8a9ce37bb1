from dataclasses import replace

import numpy as np
import pytest

from experiments.data.corruption import LabelNoise
from experiments.data.datasets import (
    Dataset,
    breast_cancer,
    diabetes,
    digits,
    linear_system,
    mnist1d,
    neal_classification,
    neal_regression,
    wine,
)
from experiments.data.division import divide
from experiments.data.scaling import Scaling
from experiments.data.splits import Files, Holdout, KFold, Own, Parts, size_of, stratified_order


@pytest.mark.parametrize("dataset", [digits(), breast_cancer(), diabetes()], ids=lambda d: d.name)
@pytest.mark.parametrize("seed", [0, 1])
def test_parts_do_not_overlap_and_keep_the_classes_in_proportion(dataset, seed):
    parts = Holdout(train=90, validation=60, test=200)(dataset, seed)
    rows = np.concatenate(parts)
    assert [len(part) for part in parts] == [90, 60, 200]
    assert len(set(rows.tolist())) == 350
    if dataset.task == "classification":
        share = dataset.y.mean(axis=0)
        for part in parts:
            assert np.abs(dataset.y[part].sum(axis=0) - share * len(part)).max() <= 1


def test_a_single_example_can_be_trained_on():
    assert [len(part) for part in Holdout(train=1, validation=2, test=3)(diabetes(), 0)] == [1, 2, 3]


def test_smaller_training_sets_are_nested_and_the_other_parts_do_not_move():
    small, large = (Holdout(train=n, validation=50, test=100)(digits(), 3) for n in (30, 200))
    assert set(small.train) < set(large.train)
    assert (small.test == large.test).all()
    assert (small.validation == large.validation).all()


def test_seeds_divide_differently_and_the_same_seed_the_same():
    rows = np.arange(1797)
    first, again, other = (stratified_order(digits(), seed, rows) for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_every_example_is_as_likely_to_train_as_any_other():
    tiny = Dataset("tiny", np.zeros((12, 1)), np.eye(2)[[0] * 4 + [1] * 8], "classification", "")
    chosen = np.zeros(12)
    for seed in range(3000):
        chosen[Holdout(train=3, validation=3, test=3)(tiny, seed).train] += 1
    expected = 3000 * 3 / 12
    assert np.abs(chosen - expected).max() < 5 * np.sqrt(expected)


def test_the_scaler_has_seen_training_rows_only():
    data = digits()
    rows = Holdout(train=50, validation=50, test=100)(data, 0)
    division = divide(data, Holdout(train=50, validation=50, test=100), None, Scaling(), 0, "float64")
    by_hand = (data.x[rows.test] - data.x[rows.train].mean(axis=0)) / np.where(
        data.x[rows.train].std(axis=0) > 0, data.x[rows.train].std(axis=0), 1
    )
    assert by_hand == pytest.approx(division.part("test").x)
    assert division.part("train").x.mean(axis=0) == pytest.approx(0, abs=1e-12)


def test_errors_of_a_regression_come_back_in_the_targets_own_unit():
    data = diabetes()
    division = divide(data, Holdout(), None, Scaling(), 0, "float64")
    train = data.y[Holdout()(data, 0).train]
    assert division.error_scale == pytest.approx(train.var())
    assert divide(data, Holdout(), None, Scaling(targets="none"), 0, "float64").error_scale == 1


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"train": 5000}, "digits has 1797"),
        ({"train": 0}, "split.train is 0"),
        ({"test": 1.0}, "split.test is 1.0"),
        ({"validation": "many"}, "validation is 'many'"),
        ({"train": True}, "train is True"),
        ({"train": 4}, "lack one of digits's 10 classes"),
        ({"test": 0.0001}, "less than one of 1797 examples"),
    ],
)
def test_a_split_that_cannot_be_made_says_why(sizes, message):
    with pytest.raises(ValueError, match=message):
        Holdout(**sizes)(digits(), 0)


@pytest.mark.parametrize("asked", [0, -1, 0.0, -0.5, 1.5, True, None, "90"])
def test_a_size_is_a_number_of_examples_or_a_fraction(asked):
    with pytest.raises(
        ValueError, match=r"split.train is .*; it must be a number of examples of at least 1, or a fraction"
    ):
        size_of("train", asked, 10)


def test_fractions_are_rounded_down_and_those_that_add_up_to_one_fit():
    assert [size_of("train", asked, 10) for asked in (1, 7, 0.1, 0.3, 0.7, 0.19, 0.99)] == [1, 7, 1, 3, 7, 1, 9]
    assert size_of("train", 0.29, 100) == 29  # 0.29 × 100 is 28.999999999999996
    with pytest.raises(ValueError, match=r"split.train is 0.09, which is less than one of 10 examples"):
        size_of("train", 0.09, 10)


def test_a_digest_tells_where_a_part_ends_and_not_how_numbers_are_held():
    first, second = Parts([0, 1], [2], [3]), Parts([0], [1, 2], [3])
    assert first.digest() == "ca7f9b3cf6a289d6"  # of 0 and 1, |, 2, |, 3, |, as eight bytes each: records hold it
    assert first.digest() != second.digest()
    assert first.digest() == Parts(*(np.array(part, "int32") for part in first)).digest()
    assert first.slices() == {"train": slice(0, 2), "validation": slice(2, 3), "test": slice(3, 4)}


def test_the_fingerprint_tells_data_apart_and_nothing_else():
    assert digits().fingerprint == replace(digits(), name="other").fingerprint
    assert digits().fingerprint != diabetes().fingerprint
    assert linear_system(seed=0).fingerprint != linear_system(seed=1).fingerprint
    assert linear_system(seed=0).fingerprint == linear_system(seed=0).fingerprint


def test_the_linear_system_has_the_noise_it_says():
    data = linear_system(examples=20_000, inputs=5, noise=0.7)
    w, *_ = np.linalg.lstsq(data.x, data.y, rcond=None)
    assert (data.y - data.x @ w).var() == pytest.approx(0.49, rel=0.05)


def test_k_fold_tests_every_row_once_in_a_repetition():
    data = wine()
    for repetition in range(2):
        parts = [KFold(folds=5, validation=20)(data, 5 * repetition + fold) for fold in range(5)]
        assert sorted(np.concatenate([part.test for part in parts]).tolist()) == list(range(178))
        assert {len(part.train) for part in parts} == {178 - 36 - 20}
        assert len({len(part.test) for part in parts}) == 2  # 178 is no multiple of 5
    first, second = (KFold(folds=5, validation=20)(data, seed).test for seed in (0, 5))
    assert set(first) != set(second)


def test_own_keeps_the_datas_own_test_rows():
    data = neal_classification()
    small, large = (Own(train=n, validation=50)(data, 1) for n in (100, 200))
    assert small.test.tolist() == list(range(300, 1300))
    assert set(small.train) < set(large.train) < set(range(300))
    with pytest.raises(ValueError, match="wine has no test rows of its own"):
        Own()(wine(), 0)


def test_splits_from_files(tmp_path):
    (tmp_path / "train_3.txt").write_text("0\n60\n130\n5\n70\n140\n")
    (tmp_path / "test.txt").write_text("1 2 3")
    parts = Files(train=str(tmp_path / "train_{seed}.txt"), test=str(tmp_path / "test.txt"), validation=3)(wine(), 3)
    assert parts.test.tolist() == [1, 2, 3]
    assert set(parts.train) | set(parts.validation) == {0, 60, 130, 5, 70, 140}
    with pytest.raises(ValueError, match=r"train_4.txt cannot be read as row numbers"):
        Files(train=str(tmp_path / "train_{seed}.txt"), test=str(tmp_path / "test.txt"))(wine(), 4)
    (tmp_path / "test.txt").write_text("1 2 178")
    with pytest.raises(ValueError, match="whole row numbers from 0 to 177 of wine"):
        Files(train=str(tmp_path / "train_{seed}.txt"), test=str(tmp_path / "test.txt"), validation=3)(wine(), 3)
    (tmp_path / "test.txt").write_text("0 1")
    with pytest.raises(ValueError, match="are in two parts"):
        Files(train=str(tmp_path / "train_{seed}.txt"), test=str(tmp_path / "test.txt"), validation=3)(wine(), 3)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("0\n1\nx\n", r"line 3 of \S+train.txt has 'x'; it must list whole row numbers from 0 to 177 of wine"),
        ("0\n1.5\n", r"line 2 of \S+train.txt has '1.5'"),
        ("0\n178\n", r"line 2 of \S+train.txt has '178'; .*the first row below a table's header is 0"),
        ("0\n-1\n", r"line 2 of \S+train.txt has '-1'"),
        ("0 nan\n", r"line 1 of \S+train.txt has 'nan'"),
        ("\n# none\n", r"train.txt lists no rows"),
        ("0\n7\n60\n130\n7\n", r"are in two parts, or twice in one \(seed 3\); the first is row 7"),
    ],
)
def test_a_row_that_a_file_lists_wrongly_is_named(tmp_path, lines, message):
    (tmp_path / "train.txt").write_text(lines)
    (tmp_path / "test.txt").write_text("2 3 1e0")
    with pytest.raises(ValueError, match=message):
        Files(train=str(tmp_path / "train.txt"), test=str(tmp_path / "test.txt"), validation=1)(wine(), 3)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (Holdout(train="rows.txt"), "split.train is 'rows.txt'; .* Files that list rows are read by split=files"),
        (Own(validation="rows.txt"), "split.validation is 'rows.txt'; .* split=files"),
        (KFold(validation="rows.txt"), "split.validation is 'rows.txt'; .* split=files"),
        (Files(train=80), r"split.train is 80; with split=files .*train_\{seed\}.txt. For sizes use split=holdout"),
        (
            Files(train="no.txt"),
            "split.train is 'no.txt': no.txt cannot be read as row numbers: there is no such file in /",
        ),
    ],
)
def test_a_split_that_takes_sizes_for_files_or_files_for_sizes_says_so(split, message):
    with pytest.raises(ValueError, match=message):
        split(neal_classification() if isinstance(split, Own) else wine(), 0)


def test_parts_of_label_noise_are_names_of_parts():
    assert LabelNoise(parts="train").parts == ("train",)
    for wrong in (["training"], [["train"]], [1], ()):
        with pytest.raises(ValueError, match=r"corruption.parts is .*; it must name some of train, validation, test"):
            LabelNoise(parts=wrong)


def test_fifteen_percent_of_replaced_labels_is_thirteen_and_a_half_percent_of_wrong_ones():
    data, rows = digits(), Holdout(train=0.8, validation=0.1, test=0.1)(digits(), 0)._asdict()
    noises = [LabelNoise(0.15, "all"), LabelNoise(0.15, "others")]
    shares = [[wrong_share(data, noise(data, rows, seed), rows["train"]) for seed in range(20)] for noise in noises]
    n = len(rows["train"]) * 20
    for share, expected in zip(np.mean(shares, axis=1), (0.135, 0.15), strict=True):
        assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / n)
    assert divide(data, Holdout(), LabelNoise(0.15), Scaling(), 0, "float64").corrupted == pytest.approx(
        0.135, abs=0.04
    )


@pytest.mark.parametrize(("among", "shares"), [("all", [1 / 3, 1 / 3, 1 / 3]), ("others", [1 / 2, 0, 1 / 2])])
def test_replaced_labels_are_drawn_uniformly(among, shares):
    """Of 9,000 labels, all of the second of three classes."""
    data = Dataset("one", np.zeros((9000, 1)), np.eye(3)[[1] * 9000], "classification", "")
    drawn = LabelNoise(1.0, among)(data, {"train": np.arange(9000)}, 0).mean(axis=0)
    assert np.abs(drawn - shares).max() < 4 * np.sqrt(0.25 / 9000)
    assert drawn[1] == 0 or among == "all"


def wrong_share(data, y, rows):
    return (y[rows] != data.y[rows]).any(axis=1).mean()


def test_label_noise_touches_the_parts_named_and_does_not_move_with_the_training_size():
    data = digits()
    small, large = (Holdout(train=n, validation=50, test=100)(data, 3)._asdict() for n in (60, 300))
    noisy_small, noisy_large = (LabelNoise(0.5)(data, rows, 3) for rows in (small, large))
    assert (noisy_small[small["train"]] == noisy_large[small["train"]]).all()
    assert (noisy_small[small["test"]] == data.y[small["test"]]).all()
    everything = LabelNoise(1.0, parts=("train", "validation", "test"))(data, large, 3)
    assert wrong_share(data, everything, large["test"]) == pytest.approx(0.9, abs=0.1)
    with pytest.raises(ValueError, match="targets of diabetes are values"):
        LabelNoise()(diabetes(), large, 0)


def test_mnist1d_is_the_papers_frozen_data():
    """Shape, balance, standardisation and the first numbers of the authors' generator with seed 42."""
    data = mnist1d()
    assert data.x.shape == (5000, 40)
    assert data.own_test.tolist() == list(range(4000, 5000))
    assert (data.x.mean(), data.x.std()) == (pytest.approx(0, abs=1e-12), pytest.approx(1))
    bits = {
        "7fe915cf433264e7",
        "76b7fa9ad9689592",
    }  # numpy from 2.3, and before; both the authors' frozen file to 1e-15
    assert data.fingerprint in bits
    assert data.x[0, :3] == pytest.approx([-0.33200566736939, -0.471910365655724, -0.778697076293495], abs=1e-12)


def test_mnist1d_has_any_sizes_and_the_settings_of_its_generator():
    data = mnist1d(examples=53, train=19, length=23, noise=0.0)
    assert data.x.shape == (53, 23)
    assert data.own_test.tolist() == list(range(19, 53))
    assert (mnist1d(examples=53, train=19, length=23, noise=0.0).x == data.x).all()
    others = [
        mnist1d(examples=53, length=23, noise=0.0, **one).x for one in ({"seed": 1}, {"shear": 0.0}, {"scale": 0.0})
    ]
    assert all(not np.allclose(other, data.x) for other in others)
    with pytest.raises(ValueError, match=r"mnist1d.train is 53; it must be less than the 53 examples"):
        mnist1d(examples=53, train=53)


def test_neals_problems_have_the_noise_and_the_classes_of_their_recipes():
    data = neal_regression(examples=20_000)
    x = data.x
    truth = 0.3 + 0.4 * x + 0.5 * np.sin(2.7 * x) + 1.1 / (1 + x**2)
    assert (data.y - truth).std() == pytest.approx(0.1, rel=0.03)
    data = neal_classification(examples=20_000)
    near = ((data.x - [0.4, -0.3]) ** 2).sum(axis=1) < 0.09
    assert data.y[near, 1].mean() > 0.98
    assert data.y[:, 1].mean() == pytest.approx(0.32, abs=0.02)
