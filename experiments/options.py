"""python -m experiments.options: prints the table of all options, made from conf/ and docstrings; --write puts it into conf/README.md."""

import argparse
import inspect
import re
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from experiments import CONF
from reports.door import printable

NO_FIELDS = ("_target_", "defaults")
BEGIN, END = "<!-- options: python -m experiments.options --write -->", "<!-- end of options -->"
KINDS = [
    *("dataset", "split", "corruption", "scaling", "network", "initialization", "loss", "optimizer", "schedule"),
    "batches",
    *("ascent", "clipping", "averaging", "penalty", "constraint", "noise", "augmentation", "selection", "evaluate_at"),
    "measures",
]


def table() -> str:
    """Markdown: kind, option, formula (the docstring's first sentence), fields with their defaults."""
    rows = ["| kind | option | what it is | fields |", "|---|---|---|---|"]
    for kind in KINDS:
        for file in sorted((CONF / kind).glob("*.yaml")):
            node = option_in(file)
            if "_target_" in node:
                fields = ", ".join(f"`{key}={shown(value)}`" for key, value in node.items() if key not in NO_FIELDS)
                rows.append(f"| {kind} | `{file.stem}` | {first_sentence(node['_target_'])} | {fields} |")
    regularizers = ", ".join(f"`{file.stem}`" for file in sorted((CONF / "regularizer").glob("*.yaml")))
    return "\n".join([*rows, "", f"`regularizer=` chooses a recipe over these kinds: {regularizers}."])


def option_in(file: Path) -> dict[str, Any]:
    """What an option's file states; of a kind of which a list is chosen, it stands under the option's name.

    >>> option_in(CONF / "measures" / "distances.yaml")
    {'_target_': 'backprop.measures.distances.Distances', 'when': 'end'}
    """
    node: Any = OmegaConf.to_container(OmegaConf.load(file))
    return node[file.stem] if isinstance(node.get(file.stem), dict) else node


def shown(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f"[{','.join(map(str, value))}]" if isinstance(value, list) else str(value)


def first_sentence(target: str) -> str:
    """The first sentence of an object's docstring, safe in a Markdown table."""
    from hydra.utils import get_object

    text = " ".join((inspect.getdoc(get_object(target)) or "").split("\n\n")[0].split())
    sentence = re.split(r"(?<=[a-z0-9)²W`‖])[.:] (?=[A-Z])", text)[0].rstrip(".:")
    return sentence.replace("|", "\\|")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments.options", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into conf/README.md")
    printable()
    if not parser.parse_args().write:
        print(table())
        return
    readme = CONF / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(BEGIN)
    readme.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
