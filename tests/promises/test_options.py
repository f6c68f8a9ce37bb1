"""Every option of conf/ keeps the promise of its kind."""

import pytest

from tests.promises.kept import WITHOUT, hold, promises, unpromised
from tests.promises.options import KINDS, NEEDS_THE_INTERNET, chosen, is_nothing, options_of

PROMISING = [kind for kind in KINDS if promises(kind)]
OPTIONS = [(kind, option) for kind in PROMISING for option in options_of(kind) if not is_nothing(kind, option)]


OF_CURVATURE = {("measures", "hessian_trace"), ("measures", "sharpness")}  # many passes each: slow
KEPT = [
    pytest.param(*option, marks=pytest.mark.slow if option in OF_CURVATURE else [])
    for option in OPTIONS
    if option not in NEEDS_THE_INTERNET
]


@pytest.mark.parametrize(("kind", "option"), KEPT, ids=str)
def test_every_option_keeps_the_promise_of_its_kind(kind, option):
    hold(kind, chosen(kind, option))


def test_every_kind_promises_something_or_says_why_not():
    """A new folder of conf/ needs tests/promises/KIND.py, or a reason in WITHOUT."""
    assert unpromised(KINDS) == []
    assert unpromised([*KINDS, "spaceship"]) == ["spaceship"]
    assert not set(WITHOUT) & set(PROMISING)
    assert set(WITHOUT) <= set(KINDS)
