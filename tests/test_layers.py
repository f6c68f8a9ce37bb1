"""Who may import whom: numpy ← backprop ← experiments → MLflow → reports."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [file for package in ("backprop", "experiments", "reports") for file in sorted((ROOT / package).rglob("*.py"))]
BACKPROP_MAY = {"backprop", "numpy", "scipy", "jaxtyping", "numba"}


def imports(file: Path) -> set[str]:
    """The dotted names of all modules that a file imports, wherever it does."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


def roots(file: Path) -> set[str]:
    import sys

    return {name.split(".")[0] for name in imports(file)} - sys.stdlib_module_names


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_each_file_keeps_to_its_layer(file):
    package = file.relative_to(ROOT).parts[0]
    found = roots(file)
    if package == "backprop":
        inner = file.relative_to(ROOT / "backprop").parts
        more = {"estimators": {"sklearn"}, "kernels.py": {"filelock"}}
        assert found <= BACKPROP_MAY | more.get(inner[0], set())
        if inner[0] not in ("classroom", "estimators"):  # nothing of a sweep runs through these
            assert not any(name.startswith(("backprop.classroom", "backprop.estimators")) for name in imports(file))
        source = file.read_text(encoding="utf-8")
        assert "print(" not in source.replace('"""', "")
        assert not {"time", "pathlib", "os"} & {name.split(".")[0] for name in imports(file)}
    if package == "reports":
        assert not found & {"backprop", "experiments", "hydra", "omegaconf"}
    if package == "experiments" and "mlflow" in found:
        assert place(file) in ("recording", "benchmark")
    if file.relative_to(ROOT).parts[:2] == ("reports", "schema"):
        others = {
            name for name in imports(file) if name.startswith("reports") and not name.startswith("reports.schema")
        }
        assert not others


ROOMS = (
    "recording",
    "costs",
    "training",
    "config",
    "study",
    "data",
)  # of the laboratory: imports run down this list only


def place(file: Path) -> str:
    """The room of the laboratory that a file lies in; "" for a front door, which lies in none."""
    inner = file.relative_to(ROOT / "experiments").parts
    return inner[0] if len(inner) > 1 else ""


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_those_below_it_and_of_reports_the_schema(room):
    below = [f"experiments.{other}" for other in ROOMS[ROOMS.index(room) :]]
    may = ("reports.schema", "reports.statistics", "backprop", *below)
    for file in (ROOT / "experiments" / room).rglob("*.py"):
        ours = {name for name in imports(file) if name.split(".")[0] in ("backprop", "experiments", "reports")}
        others = {name for name in ours - {"experiments"} if not f"{name}.".startswith(tuple(f"{one}." for one in may))}
        assert not others, f"{file.relative_to(ROOT)} imports {sorted(others)}"


def test_nothing_heavy_is_imported_before_it_is_needed():
    """--help and an error of configuration answer at once."""
    import subprocess
    import sys

    heavy = ("sklearn", "mlflow", "pandas", "altair", "scipy.stats")
    probe = f"import sys, experiments.run, experiments.sweep; print([m for m in {heavy} if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
