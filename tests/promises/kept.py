"""Which kinds promise something, and how an option is held to it."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from tests.promises.options import variants

WITHOUT = {
    "study": "chooses options of the other kinds; test_contracts composes each, and its claims may fail when it is run",
}


def promises(kind: str) -> bool:
    return find_spec(f"tests.promises.{kind}") is not None


def of_kind(kind: str) -> ModuleType:
    """The file of a kind's promise: it has `promise`, `BROKEN` and, where settings are to stay as their file has them, `VARIED`."""
    return import_module(f"tests.promises.{kind}")


def hold(kind: str, option: Any) -> None:
    """Raises AssertionError unless the option keeps its kind's promise, with other settings too."""
    for one in variants(option) if getattr(of_kind(kind), "VARIED", True) else [option]:
        of_kind(kind).promise(one)


def unpromised(kinds: list[str]) -> list[str]:
    """The kinds that neither promise anything nor say why not."""
    return [kind for kind in kinds if not promises(kind) and not WITHOUT.get(kind)]
