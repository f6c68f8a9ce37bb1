"""What a config takes from the environment is nowhere under runs/, and in nothing that is printed."""

import sqlite3

import pandas as pd
import pytest
from omegaconf import OmegaConf

from experiments.config import secrets
from experiments.config.building import study_of
from experiments.config.errors import ConfigurationError
from experiments.config.secrets import env, hidden, recordable
from tests.conftest import command
from tests.experiments.test_resume import SMALL

SECRET = "Sesame 'opén' 100%"  # signs that quoting, escaping and addresses change


@pytest.fixture(autouse=True)
def nothing_taken(monkeypatch):
    monkeypatch.setattr(secrets, "taken", {})
    monkeypatch.setenv("TOKEN", SECRET)
    monkeypatch.setenv("PIN", "1234")


def test_a_config_is_recorded_with_references_whatever_its_keys_are_called():
    config = OmegaConf.create(
        {
            "path": "s3://${oc.env:TOKEN}/x",
            "also": ["${path}", {"deep": "${oc.env:TOKEN}"}],
            "penalty.strength": "${oc.env:PIN}",
            "decoded": "${oc.decode:${oc.env:PIN}}",
            "default": "${oc.env:NONESUCH,fallback}",
            "n": "${k}",
            "k": 3,
        }
    )
    assert recordable(config) == {
        "path": "s3://${oc.env:TOKEN}/x",
        "also": ["s3://${oc.env:TOKEN}/x", {"deep": "${oc.env:TOKEN}"}],
        "penalty.strength": "${oc.env:PIN}",
        "decoded": "${oc.decode:${oc.env:PIN}}",
        "default": "${oc.env:NONESUCH,fallback}",
        "n": 3,
        "k": 3,
    }


def test_a_message_is_searched_for_what_was_taken_however_it_is_spelt():
    assert hidden(f"cannot open {SECRET}") == f"cannot open {SECRET}"  # nobody has taken it
    assert OmegaConf.create({"a": "${oc.env:TOKEN}"}).a == SECRET
    for text in (SECRET, repr(SECRET), "'Sesame%20%27op%C3%A9n%27%20100%25.csv'", "\"Sesame 'op\\u00e9n' 100%\""):
        assert "Sesame" not in hidden(f"there is no {text}")
        assert "${oc.env:TOKEN}" in hidden(f"there is no {text}")
    assert hidden("'opén'") == "${oc.env:TOKEN}"  # a dataset that is called as a part of it
    env("PIN")
    assert hidden("batch_size is 1234") == "batch_size is 1234"  # so short a text stands there by chance
    assert hidden("1234") == "${oc.env:PIN}"


def test_lines_of_a_longer_value_are_found_one_by_one(monkeypatch):
    monkeypatch.setenv("KEY", "-----BEGIN\nabcdefgh\nijklmnop")
    env("KEY")
    assert hidden("error: abcdefgh") == "error: ${oc.env:KEY}"


@pytest.mark.parametrize("value", ["Is ${oc.env:PIN} enough?", "${oc.env:PIN}${oc.env:PIN}"])
def test_what_is_too_short_to_be_found_again_is_refused_inside_a_sentence(value):
    config = OmegaConf.create({"study": {"name": "mine", "question": value}})
    with pytest.raises(ConfigurationError, match=r"study\.question takes PIN from the environment inside a text"):
        study_of(config)


def everything_under(folder):
    """Bytes of every file, and what compressed ones hold. What is drawn in a PNG is text in the SVG beside it."""
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        raw = file.read_bytes()
        yield file, str(file).encode() + raw
        if file.suffix == ".parquet":
            yield file, pd.read_parquet(file).to_csv().encode()
        if file.suffix == ".db":
            yield file, "\n".join(sqlite3.connect(file).iterdump()).encode()


@pytest.mark.slow
def test_a_secret_in_every_place_where_a_text_can_stand_is_found_nowhere(lab, monkeypatch):
    folder, configs = lab / "data", lab / "configs"
    (configs / "study").mkdir(parents=True)
    folder.mkdir()
    frame = pd.DataFrame({"a": range(120), "y": [1.0, 2.0, 4.0] * 40})
    frame.to_csv(folder / f"{SECRET}.csv", index=False)
    take = "${oc.env:TOKEN}"
    study = {
        "name": "mine",
        "question": f"What of {take}?",
        "expect": f"{take} ${{dataset.path}}",
        "claims": [
            {
                "kind": "order",
                "metric": "test/error",
                "lower": {"penalty": "l2"},
                "than": {"penalty": "none"},
                "says": take,
                "source": take,
            }
        ],
        "figures": [
            {
                "title": f"Of {take}",
                "caption": take,
                "y": take,
                "x": "epoch",
                "lines": ["test/error"],
                "color": "penalty",
            }
        ],
    }
    data = {"path": f"{folder}/{take}.csv", "target": "y", "task": "regression"}
    text = OmegaConf.to_yaml(
        OmegaConf.create(
            {"study": study, "dataset": data, "optimizer": {"learning_rate": "${oc.decode:${oc.env:RATE}}"}}
        )
    )
    (configs / "study" / "mine.yaml").write_text(f"# @package _global_\ndefaults: [{{override /dataset: csv}}]\n{text}")
    monkeypatch.setenv("RATE", "0.0314159")
    sweep = [
        "--config-dir",
        str(configs),
        *[word for word in SMALL if not word.startswith(("study", "dataset"))],
        "study=mine",
    ]
    said = []
    for more in (
        ["penalty=none,l2"],
        ["penalty=l2", "penalty.method=decoupled", "split=files,holdout", f"+split.test='{take}/{{seed}}.txt'"],
        ["dataset.path='${oc.env:TOKEN}/nothing.csv'"],
        ["dataset.target='${oc.env:TOKEN}'"],
        ["penalty=l2", "penalty.method='${oc.env:TOKEN}',gradient"],
        ["study.name='${oc.env:TOKEN}'"],
        ["optimizer.learning_rate='${oc.env:TOKEN}'"],
    ):
        done = command(lab, *sweep, *more)
        said.append(done.stdout + done.stderr)
    assert "Report:" in said[0]
    assert "failed: " in said[4]
    for text in said:
        assert "Sesame" not in text
    for module, arguments in (
        ("reports.build", ["mine"]),
        ("experiments.sweeps", ["list"]),
        ("experiments.verify", ["none"]),
    ):
        done = command(lab, *arguments, module=module)
        assert "Sesame" not in done.stdout + done.stderr
    for file, content in everything_under(lab / "runs"):
        assert b"Sesame" not in content, file
        assert b"0.0314159" not in content, file
