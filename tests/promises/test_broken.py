"""A promise that every option keeps may be one that nothing can break: these options break theirs."""

import pytest

from tests.promises.kept import hold, of_kind, promises
from tests.promises.options import KINDS

PROMISING = [kind for kind in KINDS if promises(kind)]
BROKEN = [(kind, broken) for kind in PROMISING for broken in of_kind(kind).BROKEN]


def named(broken: object) -> str:
    return getattr(broken, "__name__", type(broken).__name__)


@pytest.mark.parametrize(("kind", "broken"), [pytest.param(*one, id=f"{one[0]}-{named(one[1])}") for one in BROKEN])
def test_a_broken_option_does_not_keep_the_promise_of_its_kind(kind, broken):
    with pytest.raises(AssertionError):
        hold(kind, broken)


@pytest.mark.parametrize("kind", PROMISING)
def test_each_kind_has_been_broken(kind):
    assert of_kind(kind).BROKEN
