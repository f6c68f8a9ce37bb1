"""A result is known by the code that made it: what is imported on the way counts, comments and docstrings do not."""

import sys
from types import SimpleNamespace

import pytest

from experiments.recording import sources
from experiments.recording.sources import closure, fingerprint

PENALTY = '''"""A penalty of mine."""
from {where}constants import STRENGTH
import numpy as np

class Mine:
    """Its formula."""
    strength = STRENGTH  # as measured
'''


@pytest.fixture(params=["", "."], ids=["modules", "package"])
def mine(request, tmp_path, monkeypatch):
    """A penalty of the user's own, beside a module that it imports; as plain modules, and in a package."""
    folder = tmp_path / "own_code_for_a_test" if request.param else tmp_path
    folder.mkdir(exist_ok=True)
    if request.param:
        (folder / "__init__.py").write_text("")
    (folder / "own_penalty.py").write_text(PENALTY.format(where=request.param))
    (folder / "constants.py").write_text("from math import pi\nSTRENGTH = 0.1\n")
    monkeypatch.syspath_prepend(tmp_path)
    target = "own_code_for_a_test.own_penalty.Mine" if request.param else "own_penalty.Mine"

    def changed(file, text):
        (folder / file).write_text(text)
        return known()

    def known():
        for one in (sources.fingerprint_of_modules, sources.module, sources.source_file, sources.folder_of):
            one.cache_clear()  # as a new process would begin
        return fingerprint([target])

    yield known, changed
    known()


def test_a_constant_in_a_module_that_the_users_class_imports_counts(mine):
    known, changed = mine
    before = known()
    assert changed("constants.py", "from math import pi\nSTRENGTH = 0.2\n") != before
    assert changed("constants.py", "from math import pi\nSTRENGTH = 0.1\n") == before


def test_comments_docstrings_and_blank_lines_do_not_count(mine):
    known, changed = mine
    before = known()
    assert (
        changed("constants.py", '"""What is known."""\n\nfrom math import pi  # not used\nSTRENGTH = 0.1\n') == before
    )
    assert changed("constants.py", "from math import pi\nSTRENGTH = '0.1'\n") != before  # a text that is no docstring


def test_nothing_is_imported_to_know_it(mine):
    _, changed = mine
    changed("constants.py", "raise AssertionError('this ran')\n")
    assert "constants" not in sys.modules


def test_our_code_on_the_way_is_derived_from_where_a_worker_begins():
    code, packages = closure(["experiments.training.evaluation", "experiments.data.datasets"])
    assert {
        "backprop.losses",
        "backprop.kernels",
        "experiments.data.splits",
        "experiments.data.datasets.bundled",
    } <= set(code)
    apart = {
        "backprop.classroom.graph",
        "backprop.classroom.drawing",
        "backprop.estimators",
        "backprop.classroom.gradcheck",
        "experiments.recording.tracking",
        "experiments.run",
    }
    assert not apart & set(code)
    names = {text.split()[0] for text in packages}
    assert {"numpy", "scikit-learn", "numba"} <= names
    assert not {"mlflow", "altair", "rich"} & names
    assert all(len(text.split()) == 2 for text in packages)


def test_a_changed_package_or_python_counts(monkeypatch):
    before = fingerprint([])
    newer = SimpleNamespace(
        version_info=SimpleNamespace(major=3, minor=99), stdlib_module_names=sys.stdlib_module_names
    )
    for name, changed in (("version_of", lambda root: f"{root} 9"), ("sys", newer)):
        with monkeypatch.context() as patch:
            patch.setattr(sources, name, changed)
            sources.fingerprint_of_modules.cache_clear()
            assert fingerprint([]) != before
    sources.fingerprint_of_modules.cache_clear()
    assert fingerprint([]) == before
