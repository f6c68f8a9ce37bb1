"""The words of the page: one word for one thing, and intervals that say over what they are."""

import ast
import re
from pathlib import Path

import pytest

from reports.comparison import compare
from reports.figures.every import figures, of_comparison
from reports.of_networks import TABLES
from tests.reports.test_comparison import CELLS, sweep_of

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "reports").glob("*.j2"))
NEVER = re.compile(
    r"no difference|significan|cannot tell|would tell|this data\b|\b(is|are|be|was|arms?|differences?) told\b", re.I
)


def shown_by(path: Path) -> list[str]:
    """The texts that a module writes: its strings of several words, docstrings and the patterns of f-strings among them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in texts if " " in text]


@pytest.mark.parametrize(
    "text",
    [
        "no difference can be told",
        "a significant gain",
        "seeds of this data",
        "arms told from it",
        "more seeds would tell",
    ],
)
def test_the_words_that_are_looked_for_are_found(text):
    assert NEVER.search(text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_say_decided_and_undecided_and_these_data(path):
    assert not NEVER.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", ["figures", "claims", "checks"])
def test_captions_rules_and_checks_say_decided_and_undecided_and_these_data(folder):
    for path in sorted((ROOT / "reports" / folder).glob("*.py")):
        assert not [text for text in shown_by(path) if NEVER.search(text)], path


def test_no_two_parts_of_the_page_have_one_heading():
    sweep = sweep_of(CELLS)
    headings = [plan.title for plan in of_comparison(sweep, compare(sweep))] + [title for title, _ in TABLES.values()]
    assert len(headings) == len(set(headings))
    page = (ROOT / "reports" / "page.html.j2").read_text(encoding="utf-8")
    assert all(f"<h2>{title}</h2>" in page for title, _ in TABLES.values())


def test_captions_of_data_drawn_anew_for_every_seed_do_not_speak_of_these_data():
    sweep = sweep_of(CELLS)
    anew = sweep._replace(cells=[cell | {"redrawn": True} for cell in sweep.cells])
    captions = [" ".join(figure.caption for figure in figures(one, compare(one))) for one in (sweep, anew)]
    assert ["seeds of these data" in caption for caption in captions] == [True, False]
    assert "seeds, each with data of its own" in captions[1]


def test_the_caption_of_differences_says_over_how_many_seeds_of_what_and_in_which_family():
    sweep = sweep_of(CELLS)
    (caption,) = (figure.caption for figure in figures(sweep, compare(sweep)) if figure.name == "differences")
    n = sweep.results.seed.nunique()
    assert f"95 % interval over {n} seeds of these data" in caption
    assert "of all comparisons together (max-T)" in caption
