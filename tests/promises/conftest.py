"""Options are composed in a folder that has what they read."""

import pytest

from tests.promises.options import composing


@pytest.fixture(scope="module", autouse=True)
def files(tmp_path_factory):
    with composing(tmp_path_factory.mktemp("files")):
        yield
