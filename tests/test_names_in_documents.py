"""What stands in backticks exists: a name, a module, a path, a key, a flag. In the documents, and in the docstrings of the packages."""

import ast
import keyword
import pkgutil
import re
import tomllib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

PACKAGES = ("backprop", "experiments", "reports")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "conf/README.md", "reports/checks/README.md")
SOURCES = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
OPTIONS = [file.relative_to(ROOT / "conf") for file in sorted((ROOT / "conf").rglob("*.yaml"))]
TOPS = {path.stem for path in (ROOT / "conf").iterdir() if path.is_dir()} | {
    "execution",
    "hydra",
}  # of the config's keys
FILE = re.compile(r"[\w./-]*/[\w./-]*|[\w-]+\.(?:py|md|yaml|toml|db)")
NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
SETTING = re.compile(r"\+?([a-z]\w*(?:[./@]\w+)*)=\S*")
FLAG = re.compile(r"--[a-z][\w-]*")
HYDRAS = {"--help", "--cfg", "--config-dir", "--multirun"}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_a_document_names_exists(document):
    assert not missing((ROOT / document).read_text(encoding="utf-8"))


def test_what_docstrings_name_exists():
    found = {(file.name, name) for file in SOURCES for text in docstrings(file) for name in missing(text)}
    assert not found


@pytest.mark.parametrize(
    "name",
    [
        *("L3", "backprop.penalties.L3", "backprop.penalty.L2", "experiments.runs", "python -m experiments.runs"),
        *("conf/penalties/", "tests/test_nothing.py", "runs/diary.db", "nothing.md"),
        *(
            "penalty.strenght",
            "study.penalty",
            "penalties=l2",
            "penalty.strenght=0.1",
            "--no-such-flag",
            "BACKPROP_LAB_NOTHING",
        ),
    ],
)
def test_a_name_that_is_made_up_is_found(name):
    assert missing(f"As `numpy` and `{name}` say.") == [name]


def missing(text: str) -> list[str]:
    """Spans in backticks that look like names, and name nothing. Blocks of code are run by other tests."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    return [span for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose) if not exists(span)]


def exists(span: str) -> bool:
    if span.startswith("python -m "):
        module, *arguments = span.removeprefix("python -m ").split()
        return find_module(module) and all(map(exists, arguments))
    if FLAG.fullmatch(span):
        return span in strings() or span[2:] in strings() or span in HYDRAS
    if setting := SETTING.fullmatch(span):
        return is_key(setting[1])
    if FILE.fullmatch(span):
        return is_file(span)
    return not NAME.fullmatch(span) or is_name(span)


def find_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def is_file(span: str) -> bool:
    """From the root, or from conf/; capitals stand for any name; what running makes is named in the code."""
    pattern = re.sub(r"\b[A-Z]+\b", "*", span).strip("/")
    if span in strings():  # the beginning of names of quantities
        return True
    if span.startswith("runs/"):
        return set(Path(pattern).parts) <= words() | strings()
    return any(any(folder.glob(pattern)) for folder in (ROOT, ROOT / "conf", *map(ROOT.joinpath, PACKAGES)))


def is_key(key: str) -> bool:
    """Of the config: a kind, or a path of keys, some of which an option brings; Hydra's own are Hydra's."""
    return key.partition("@")[0] in keys() or key.startswith(("hydra.", "hydra/"))


def is_name(span: str) -> bool:
    first, *others = span.split(".")
    if first in PACKAGES:
        return is_object(span)
    if not others:
        return keyword.iskeyword(span) or span in words() | strings() | keys() | installed()
    if first in TOPS:
        return is_key(span)
    return {first, *others} <= words() | strings() or find_module(first)  # of others, the package


def is_object(dotted: str) -> bool:
    try:
        pkgutil.resolve_name(dotted)
    except (ImportError, AttributeError):
        return False
    return True


@cache
def trees() -> list[ast.Module]:
    return [ast.parse(file.read_text(encoding="utf-8")) for file in SOURCES]


@cache
def words() -> frozenset[str]:
    """Every name in the code: what is defined, called, passed or imported."""
    found: set[str] = set()
    for node in (node for tree in trees() for node in ast.walk(tree)):
        for field in ("id", "attr", "arg", "name", "module"):
            if isinstance(text := getattr(node, field, None), str):
                found |= set(text.split("."))
    return frozenset(found | {file.stem for file in SOURCES} | set(PACKAGES))


@cache
def strings() -> frozenset[str]:
    """Every string in the code that is a word or a file's name: values of choices, columns, environment variables."""
    nodes = (node for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Constant))
    every = {node.value for node in nodes if isinstance(node.value, str)}
    return frozenset(every | {part for text in every for part in re.split(r"[\s/]", text)})


@cache
def keys() -> frozenset[str]:
    """Every key of conf/, from the top: kinds, their options, their fields, with the places where they may stand."""
    found: set[str] = set()
    for file in OPTIONS:
        kind = file.parent.name
        found |= {kind, file.stem} - {""}
        for key in paths(yaml.safe_load((ROOT / "conf" / file).read_text(encoding="utf-8"))):
            found |= {f"{kind}.{key}" if kind else key, key, key.removeprefix(f"{file.stem}.")}
    return frozenset(found | {f"noise.{site}" for site in ("inputs", "hidden", "weights", "gradients")})


def paths(node: object, above: str = "") -> set[str]:
    if not isinstance(node, dict):
        return set()
    inside = {path for key, value in node.items() for path in paths(value, f"{above}{key}.")}
    return inside | {f"{above}{key}" for key in node}


@cache
def installed() -> frozenset[str]:
    """What pyproject.toml asks for, and what it calls its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for lines in extras.values() for line in lines)]
    return frozenset({project["name"], *extras, *(re.split(r"[^\w-]", line)[0] for line in lines)})


def docstrings(file: Path) -> list[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, kinds))
    return [text for node in nodes if (text := ast.get_docstring(node))]
