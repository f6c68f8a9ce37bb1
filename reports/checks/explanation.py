"""What a code means: the docstring of its check, in the three paragraphs that every check has."""

import inspect
import re
from collections.abc import Iterable
from typing import NamedTuple

from reports.checks.every import CHECKS
from reports.schema.codes import TITLES

PARAGRAPHS = ("Found", "Matters", "Do")


class Explanation(NamedTuple):
    """A code, explained."""

    code: str
    title: str
    severity: str
    found: str  # how, with its thresholds and how often it is a false alarm
    matters: str  # why
    way_out: str  # what to do, in words that can be typed


def explained(code: str) -> Explanation:
    """
    >>> explained("L003")[:3]
    ('L003', 'a seed diverged', 'warning')
    """
    check = CHECKS[code]
    paragraphs = [" ".join(text.split()) for text in (inspect.getdoc(check.look) or "").split("\n\n")]
    found, matters, way_out = (next(text for text in paragraphs if text.startswith(f"{name}: ")) for name in PARAGRAPHS)
    return Explanation(code, TITLES[code], check.severity, *map(without_name, (found, matters, way_out)))


def without_name(paragraph: str) -> str:
    """
    >>> without_name("Found: in some seeds.")
    'In some seeds.'
    """
    text = paragraph.partition(": ")[2]
    return text[0].upper() + text[1:]


def plain(text: str) -> str:
    """Without the backticks of Markdown, for a terminal.

    >>> plain("Do `vary=[init]`.")
    'Do vary=[init].'
    """
    return re.sub(r"`([^`]+)`", r"\1", text)


def in_markdown(explanations: Iterable[Explanation]) -> str:
    """A table of all codes, and a section for each."""
    listed = list(explanations)
    table = ["| code | | what |", "|---|---|---|"]
    table += [f"| [{one.code}](#{one.code.lower()}) | {one.severity} | {one.title} |" for one in listed]
    sections = [
        f"## {one.code}\n\n{one.title[0].upper()}{one.title[1:]} ({one.severity}).\n\n**Found**: {one.found}\n\n"
        f"**Why it matters**: {one.matters}\n\n**What to do**: {one.way_out}"
        for one in listed
    ]
    return "\n\n".join(["\n".join(table), *sections]) + "\n"


def in_terminal(one: Explanation) -> str:
    lines = [f"{one.code} {one.title} ({one.severity})", f"  Found: {one.found}", f"  Why it matters: {one.matters}"]
    return plain("\n".join([*lines, f"  What to do: {one.way_out}"]))
