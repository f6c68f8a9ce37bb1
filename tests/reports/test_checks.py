"""Checks have codes whose meaning never changes, and explanations; what is muted is counted."""

import inspect
import pkgutil
from importlib import import_module

import numpy as np
import pytest

import reports.checks
from experiments.study.study import Study
from reports.build import report
from reports.checks.__main__ import README, document, main
from reports.checks.every import CHECKS, NOTE, WARNING
from reports.checks.explanation import explained
from reports.comparison import compare
from reports.contents import contents
from reports.page import page
from reports.schema.codes import TITLES
from tests.reports.made import many
from tests.reports.test_comparison import CELLS, sweep_of
from tests.reports.test_notes import said_of

MEANINGS = {
    "L001": "a chosen value at the edge of its grid",
    "L002": "still improving at the last step",
    "L003": "a seed diverged",
    "L004": "unbalanced classes",
    "L005": "no better than the majority class, or the mean of the targets",
    "L006": "arms trained for different numbers of steps",
    "L007": "only some arms fit their training examples",
    "L008": "all seeds have the same numbers",
    "L009": "test rows that train as well",
    "L010": "an arm that is compared with nothing",
    "L011": "the baseline is not in this sweep",
    "L012": "the step was chosen on the test set",
    "L013": "no validation rows",
    "L014": "a grid with failed cells",
    "L015": "fewer seeds than a test needs",
    "L016": "arms had unequal numbers of tries",
    "L017": "differences more skew than chance makes them",
    "L018": "few test rows for these differences",
    "L019": "no better than a linear model",
    "L020": "no test rows",
    "L021": "test rows that are copies of training rows",
    "L022": "a class without test rows",
    "L023": "labels corrupted on purpose where they judge",
    "L024": "a comparison over fewer seeds than its arms have",
}  # what was given once stays given: lines are added here, and none is changed or removed


def test_a_code_never_changes_its_meaning():
    assert TITLES == MEANINGS
    assert list(CHECKS) == list(MEANINGS)


@pytest.mark.parametrize("code", CHECKS)
def test_every_check_says_what_it_finds_why_it_matters_and_what_to_do(code):
    one = explained(code)
    first = inspect.getdoc(CHECKS[code].look).split("\n")[0]
    assert first[0].lower() + first[1:] == f"{one.title}."
    assert one.severity in (WARNING, NOTE)
    assert all(text.endswith(".") and len(text) > 20 for text in (one.found, one.matters, one.way_out))


def test_no_check_of_the_folder_is_left_out():
    modules = [import_module(f"reports.checks.{m.name}") for m in pkgutil.iter_modules(reports.checks.__path__)]
    functions = {f for m in modules for _, f in inspect.getmembers(m, inspect.isfunction) if f.__module__ == m.__name__}
    written = {f for f in functions if "\n    Found: " in (f.__doc__ or "")}
    assert written == {check.look for check in CHECKS.values()}


def test_the_page_of_all_codes_is_the_generated_one():
    assert README.read_text(encoding="utf-8") == document()
    assert all(f"## {code}\n" in document() for code in CHECKS)


def test_the_command_explains_codes_and_refuses_what_is_none(capsys, monkeypatch):
    def asked(*codes):
        monkeypatch.setattr("sys.argv", ["checks", *codes])
        main()
        return capsys.readouterr().out

    assert len(asked().splitlines()) == len(CHECKS)
    assert "`" not in asked("L001", "L016")
    assert asked("L016").startswith("L016 arms had unequal numbers of tries (note)\n  Found: ")
    with pytest.raises(SystemExit):
        asked("L016", "L999")
    assert "'L999' is no code; these are L001 to L024" in capsys.readouterr().err


def muting(sweep, *codes):
    return compare(sweep._replace(study={**sweep.study, "mute": list(codes)}))


def test_what_is_muted_is_counted_and_the_rest_stays():
    sweep = sweep_of({**CELLS, "l1": ({"regularizer": "l1", "penalty.strength": "0.1"}, 0.2, 0.2)})
    before = compare(sweep)
    after = muting(sweep, "L001", "L003")
    assert after.warnings == before.warnings == []
    assert [said for said in before.notes if "(L001)" not in said] == after.notes[:-1]
    assert after.notes[-1] == "Muted by study.mute: L001 (1)."  # and L003, of which there is none, is not named


def test_where_a_warning_is_muted_the_answer_says_so():
    sweep = sweep_of(CELLS, choose=(), diverged={("weak", 1), ("strong", 2)})
    assert len(said_of("L003", sweep)) == 2
    muted = muting(sweep, "L003", "L013", "L001")
    assert muted.warnings == ["Muted by study.mute: L003 (2)."]


@pytest.mark.parametrize(
    ("mute", "said"),
    [
        (["L999"], "study.mute names 'L999', which is no code of a check; these are L001 to L024"),
        (["L1"], "Did you mean 'L001'?"),
        ("L001", "Study.mute is 'L001'; it must be a list"),
        ([1], "study.mute is [1]; it must be a list"),
    ],
)
def test_a_study_refuses_to_mute_what_is_no_code(mute, said):
    with pytest.raises(ValueError, match=r"tudy\.mute") as caught:
        Study("s", "?", mute=mute)
    assert said in str(caught.value)
    assert Study("s", "?", mute=["L001"]).as_dict()["mute"] == ["L001"]


class Here:
    """An executor that does what it is told at once."""

    def submit(self, function, *arguments):
        self.result = lambda: function(*arguments)
        return self


def test_every_sentence_carries_its_code_to_the_page_the_store_and_the_terminal(undrawn, tmp_path):
    sweep = many(6, choose=["penalty.strength"], arms=2)
    sweep = sweep._replace(seeds=sweep.seeds.assign(diverged_at=np.where(sweep.seeds.seed == 1, 3, -1)))
    results = sweep.results.assign(diverged_at=np.where(sweep.results.seed == 1, 3, -1))
    sweep = sweep._replace(results=results.assign(**{"reference/linear_error": 0.0}))
    made = contents(sweep, Here())
    said = made.findings.warnings + made.findings.notes
    codes = [code for code in CHECKS if any(f"({code})." in one for one in said)]
    assert {"L002", "L003", "L019"} <= set(codes)
    assert len(said) == sum(one.endswith(tuple(f"({code})." for code in codes)) for one in said)
    written = report(sweep, tmp_path / "report", Here())
    text, printed = page(sweep, made), "\n".join([written.answer, *written.terminal_notes()])
    for code in codes:
        assert f'(<a href="#{code}">{code}</a>)' in text
        assert text.count(f'id="{code}"') == 1
        assert f"({code})" in written.note
        assert f"({code})" in printed
    assert 'id="L008"' not in text  # what is not found needs no explanation
    assert printed.endswith(f"python -m reports.checks {' '.join(codes)}")
    assert all(f"({code})" in made.answer for code in codes if CHECKS[code].severity == WARNING)
