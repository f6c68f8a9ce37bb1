"""Hashes the code that decides numbers: the modules of a config's targets and all that they import, if ours or the user's.

Code is hashed as its syntax tree without docstrings, so that a comment or a reworded docstring changes nothing; installed packages
count by their version, Python by its minor version.
"""

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

OURS = ("backprop", "experiments", "reports")
TRAINING = "experiments.training.evaluation"  # where a worker starts
INSTALLED = {"site-packages", "dist-packages"}  # folders of this name hold what pip or the system has installed


class Module(NamedTuple):
    """A module that the numbers depend on."""

    digest: str  # of its syntax tree
    imports: frozenset[str]  # dotted names of modules or of objects in them


def fingerprint(targets: Iterable[str]) -> str:
    """A hash of all code that decides the numbers of a config with these targets, and of the packages it imports."""
    starts = frozenset({TRAINING, *(target.rpartition(".")[0] for target in targets)})
    return fingerprint_of_modules(starts)


@cache
def fingerprint_of_modules(starts: frozenset[str]) -> str:
    code, packages = closure(starts)
    python = f"python {sys.version_info.major}.{sys.version_info.minor}"
    lines = [python, *sorted(packages), *(f"{name} {digest}" for name, digest in sorted(code.items()))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def closure(starts: Iterable[str]) -> tuple[dict[str, str], frozenset[str]]:
    """All modules reached that are ours or the user's, with digests of their code; the packages they import, with versions."""
    code: dict[str, str] = {}
    roots: set[str] = set()
    waiting, seen = list(starts), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        file = source_file(name)
        if file is None:
            roots.add(name.partition(".")[0])
            continue
        read = module(file, name)
        code[name] = read.digest
        waiting += [*parents(name), *(below for imported in read.imports for below in modules_of(imported))]
    return code, frozenset(version_of(root) for root in roots if root not in sys.stdlib_module_names)


@cache
def version_of(root: str) -> str:
    """The name and version of an installed package; the bare name of one that is not installed."""
    name = {"sklearn": "scikit-learn"}.get(root, root)
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:  # its distribution has another name: looking all of them up takes half a second
        return " ".join([root, *(f"{name} {version(name)}" for name in packages_distributions().get(root, []))])


@cache
def source_file(name: str) -> Path | None:
    """The file of a module that is ours or the user's; None for what is installed, built in, or not a module. Nothing is imported."""
    root, *below = name.split(".")
    folder = folder_of(root)
    if folder is None:
        return None
    place = folder.joinpath(root, *below)
    return next((file for file in (place / "__init__.py", place.with_name(f"{place.name}.py")) if file.is_file()), None)


@cache
def folder_of(root: str) -> Path | None:
    """The folder of a module or package that is ours or the user's; None for anything else."""
    spec = find_spec(root) if root.isidentifier() and root not in sys.stdlib_module_names else None
    if spec is None:
        return None
    places = list(spec.submodule_search_locations or []) or [str(spec.origin)]
    folder = Path(places[0]).resolve().parent
    installed = INSTALLED & set(folder.parts)
    return None if installed and root not in OURS else folder


def modules_of(imported: str) -> list[str]:
    """What `from A.B import C` may stand for: the module A.B.C, or A.B with C in it."""
    place = imported.rpartition(".")[0]
    return [imported] if source_file(imported) or not place else [place]


def parents(name: str) -> list[str]:
    """The packages that a module lies in: importing it runs them."""
    parts = name.split(".")[:-1]
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


@cache
def module(file: Path, name: str) -> Module:
    tree = ast.parse(file.read_bytes())
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    imports = frozenset(imported for node in ast.walk(tree) for imported in names_imported(node, package))
    return Module(hashlib.sha256(ast.dump(without_docstrings(tree)).encode()).hexdigest(), imports)


def names_imported(node: ast.AST, package: str) -> Iterator[str]:
    """The dotted names that a node imports; none if it is no import statement."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        place = ".".join([*above, *([node.module] if node.module else [])])
        yield from (f"{place}.{alias.name}" if alias.name != "*" else f"{place}.__all__" for alias in node.names)


def without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [statement for statement in body if not is_text(statement)] or [ast.Pass()]  # type: ignore[attr-defined]
    return tree


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
