"""python -m experiments.options: prints the table of all options, made from conf/ and docstrings; --write puts it into conf/README.md."""

import argparse
import inspect
import re
from typing import Any

from omegaconf import OmegaConf

from experiments import CONF
from reports.door import printable

BEGIN, END = "<!-- options: python -m experiments.options --write -->", "<!-- end of options -->"
KINDS = [
    *("dataset", "split", "corruption", "scaling", "network", "initialization", "loss", "optimizer", "schedule"),
    "batches",
    *("ascent", "clipping", "averaging", "penalty", "constraint", "noise", "augmentation", "selection", "evaluate_at"),
]


def table() -> str:
    """Markdown: kind, option, formula (the docstring's first sentence), fields with their defaults."""
    rows = ["| kind | option | what it is | fields |", "|---|---|---|---|"]
    for kind in KINDS:
        for file in sorted((CONF / kind).glob("*.yaml")):
            node: Any = OmegaConf.to_container(OmegaConf.load(file))
            if "_target_" in node:
                fields = ", ".join(f"`{key}={shown(value)}`" for key, value in node.items() if key != "_target_")
                rows.append(f"| {kind} | `{file.stem}` | {first_sentence(node['_target_'])} | {fields} |")
    regularizers = ", ".join(f"`{file.stem}`" for file in sorted((CONF / "regularizer").glob("*.yaml")))
    return "\n".join([*rows, "", f"`regularizer=` chooses a recipe over these kinds: {regularizers}."])


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
