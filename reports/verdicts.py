"""Verdicts, with when their claims were stated; and as verdicts.json, for programs.

The file is a mapping: `format` (1), `sweep`, `study` (their names) and `verdicts`, a list in the order of the study's claims of

    claim           as the study states it
    says            the same in words
    verdict         supported, compatible, refuted, undecided, or not tested
    measured        what was found, in words
    expected        the value or the rule that it was held against, in words
    source          of the claim
    stated          when it was stated, in words
    stated_at       when the earliest sweep of the store began that stated it, in milliseconds since 1970; null: not known
    cells           how many finished cells it names
    trained_before  how many of these had been trained, in part, by then; null: not known
"""

import json
from collections.abc import Sequence

from reports.claims import Verdict
from reports.load import Sweep
from reports.when import statement

FORMAT = 1


def dated(verdicts: Sequence[Verdict], sweep: Sweep) -> list[Verdict]:
    """The verdicts, each with when its claim was stated."""
    claims = sweep.study.get("claims", [])
    return [
        verdict if verdict.verdict == "not tested" else verdict._replace(stated=statement(claim, sweep).in_words())
        for verdict, claim in zip(verdicts, claims, strict=True)
    ]


def as_json(verdicts: Sequence[Verdict], sweep: Sweep) -> str:
    """The text of verdicts.json."""
    listed = []
    for verdict, claim in zip(verdicts, sweep.study["claims"], strict=True):
        at, cells, trained = statement(claim, sweep)
        words = {"says": verdict.says, "verdict": verdict.verdict, "measured": verdict.found}
        words |= {"expected": verdict.expected, "source": verdict.source, "stated": verdict.stated}
        listed.append({"claim": claim, **words, "stated_at": at, "cells": cells, "trained_before": trained})
    record = {"format": FORMAT, "sweep": sweep.name, "study": sweep.study["name"], "verdicts": listed}
    return json.dumps(record, indent=1, ensure_ascii=False)
