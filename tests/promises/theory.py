"""A theory says beforehand what it returns, for any data it applies to; a seed's numbers are the same among any others."""

from dataclasses import replace
from typing import Any

import numpy as np

from experiments.data.datasets import Dataset, diabetes
from experiments.study.calculation import Theory
from experiments.study.curves import Curves
from experiments.study.theories.l2_path import L2Path
from experiments.study.theories.mixup_linear import MixupLinear

VARIED = False  # settings change numbers; what is named is decided by the kind and by the data


def promise(theory: Theory) -> None:
    theory = quick(theory)
    for dataset in (diabetes(), with_a_constant_feature()):
        both, alone = theory(dataset, [3, 1]), theory(dataset, [1])
        what_is_named_is_returned(theory, dataset, both)
        a_seed_is_the_same_among_others(theory, both, alone)


def quick(theory: Any) -> Any:
    fewer = {"epochs": 3, "steps": 50}
    return replace(theory, **{name: few for name, few in fewer.items() if hasattr(theory, name)})


def with_a_constant_feature() -> Dataset:
    """Which some theories leave out."""
    whole = diabetes()
    x = whole.x[:60, :4].copy()
    x[:, 2] = 1
    return Dataset("constant", x, whole.y[:60], "regression", "made up")


def what_is_named_is_returned(theory: Theory, dataset: Dataset, curves: Curves) -> None:
    named, returned = theory.names(dataset), [*curves.metrics, *curves.once]
    assert len(set(named)) == len(named), f"{theory} names a quantity twice: {named}"
    assert set(named) == set(returned), f"{theory} names {sorted(named)}, and returns {sorted(returned)}"


def a_seed_is_the_same_among_others(theory: Theory, both: Curves, alone: Curves) -> None:
    pairs = [(both.metrics[name][:, 1:], values) for name, values in alone.metrics.items()]
    pairs += [(both.once[name][1:], values) for name, values in alone.once.items()]
    for among, values in pairs:
        np.testing.assert_allclose(
            among, values, rtol=1e-12, atol=1e-15, err_msg=f"a seed of {theory} depends on others"
        )


class L2PathWithoutErrors(L2Path):
    """Forgets to name half of what it returns."""

    def names(self, dataset):
        return [name for name in L2Path.names(self, dataset) if "error" not in name]


class MixupThatCountsAllFeatures(MixupLinear):
    """Names a coefficient for the constant feature too, which it leaves out."""

    def names(self, dataset):
        constant = [f"{which}/{dataset.x.shape[1]}" for which in ("trained", "exact")]
        return list(dict.fromkeys([*MixupLinear.names(self, dataset), *constant]))


class MixupOfTheFirstSeed(MixupLinear):
    """Gives every seed the numbers of the first."""

    def __call__(self, dataset, seeds):
        return MixupLinear.__call__(self, dataset, [seeds[0]] * len(seeds))


BROKEN = [L2PathWithoutErrors(), MixupThatCountsAllFeatures(), MixupOfTheFirstSeed()]
