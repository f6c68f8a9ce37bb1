"""What is written by hand somewhere else says what conf/ has."""

import re
from dataclasses import fields, is_dataclass

import pytest
from hydra.utils import get_object
from omegaconf import OmegaConf

from backprop.measures.weight_histogram import WeightHistogram
from backprop.noise import Noise
from backprop.optimizers import AlongTheGradient
from backprop.penalties import L1
from backprop.training import Recipe
from experiments import options
from experiments.config.errors import SITES
from experiments.data import corruption
from experiments.data.splits import Parts
from experiments.run import CONF
from experiments.study import selection
from experiments.study.experiment import MEASURES
from reports import schema
from tests.promises.options import KINDS, chosen, options_of


@pytest.mark.slow
def test_a_proximal_penalty_is_refused_where_it_has_no_step_size_and_the_message_names_where_it_has():
    optimizers = [chosen("optimizer", option) for option in options_of("optimizer")]
    with_a_step_size = {type(one).__name__ for one in optimizers if isinstance(one, AlongTheGradient)}
    for optimizer in optimizers:
        Recipe(optimizer=optimizer, penalty=L1(0.1, "gradient"))
        if type(optimizer).__name__ in with_a_step_size:
            Recipe(optimizer=optimizer, penalty=L1(0.1))
            continue
        with pytest.raises(ValueError, match=r"penalty\.method is proximal, which is for (.+?);") as error:
            Recipe(optimizer=optimizer, penalty=L1(0.1))
        named = re.findall(r"\w+", str(error.value).partition("which is for ")[2].partition(";")[0])
        assert set(named) - {"and"} == with_a_step_size


@pytest.mark.parametrize("kind", KINDS)
def test_a_kinds_files_name_all_that_a_setting_may_be(kind):
    files = sorted((CONF / kind).glob("*.yaml"))
    texts = [file.read_text(encoding="utf-8") for file in files]
    for file in files:
        target = options.option_in(file).get("_target_")
        made = get_object(target) if target else None
        for field in fields(made) if is_dataclass(made) else ():
            lines = [line for one in texts for line in re.findall(rf"^ *{field.name}:.*", one, re.M)]
            unnamed = set(field.metadata.get("options", ())) - set(re.findall(r"\w+", " ".join(lines)))
            assert not unnamed, f"conf/{kind}: {field.name} of {target} may also be {unnamed}"


NUMBERED = (
    "averaging",
    "clipping",
    "constraint",
    "initialization",
    "measures",
    "noise",
    "optimizer",
    "penalty",
    "schedule",
    "split",
)
OF_CODE = {
    ("penalty", "strength"): 0.0,
    ("constraint", "radius"): 3.0,
}  # no penalty unless asked; files show one at work


@pytest.mark.parametrize("kind", NUMBERED)
def test_a_number_that_code_leaves_out_is_its_files(kind):
    for file in sorted((CONF / kind).glob("*.yaml")):
        stated = options.option_in(file)
        for field in fields(get_object(stated.pop("_target_"))) if stated else ():
            if "within" in field.metadata:
                assert field.default == OF_CODE.get((kind, field.name), stated[field.name]), (
                    f"{file.name}: {field.name}"
                )


def test_noise_acts_where_its_fields_say():
    assert tuple(field.name for field in fields(Noise)) == SITES


def test_parts_are_the_splits():
    assert corruption.PARTS == schema.PARTS == Parts._fields


def test_the_rules_recorded_of_every_cell_are_options_as_their_files_have_them():
    assert tuple(selection.RULES) == schema.RULES
    for name, rule in selection.RULES.items():
        assert repr(chosen("selection", name)) == repr(rule)


def test_the_measures_of_code_are_those_of_the_default_config():
    (listed,) = [one["measures"] for one in OmegaConf.load(CONF / "config.yaml").defaults if "measures" in one]
    assert [repr(chosen("measures", option)) for option in listed] == [*map(repr, MEASURES)]


def test_bins_of_weights_are_named_as_reports_look_for_them():
    names = WeightHistogram().names(None)
    assert all(name.startswith(schema.HISTOGRAM) for name in names)


def test_the_readmes_table_has_every_kind():
    assert {*options.KINDS, "regularizer", "study", "theory"} == set(KINDS)
