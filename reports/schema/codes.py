"""The codes of checks, each with what it is about. A code never changes its meaning, and none is given again."""

from difflib import get_close_matches
from typing import Any

TITLES = {
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
}


def check_codes(codes: Any) -> None:
    """Raises ValueError unless these are a list of codes; the message has all of them, and the nearest to one that is none.

    >>> check_codes(["L01"])
    Traceback (most recent call last):
    ValueError: study.mute names 'L01', which is no code of a check; these are L001 to L024, and python -m reports.checks lists \
them. Did you mean 'L001'?
    """
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise ValueError(f"study.mute is {codes!r}; it must be a list of codes of checks, such as [L001].")
    for code in codes:
        if code not in TITLES:
            raise ValueError(
                f"study.mute names {code!r}, which is no code of a check; these are {min(TITLES)} to {max(TITLES)}, and "
                "python -m reports.checks lists them." + (f" Did you mean {near!r}?" if (near := nearest(code)) else "")
            )


def nearest(code: str) -> str:
    """The code that may be meant: that of the number, or of the like spelling; empty where none is near.

    >>> nearest("L1"), nearest("l016"), nearest("edge")
    ('L001', 'L016', '')
    """
    padded = "L" + "".join(filter(str.isdigit, code)).lstrip("0").rjust(3, "0")
    return padded if padded in TITLES else next(iter(get_close_matches(code.upper(), TITLES, n=1)), "")
