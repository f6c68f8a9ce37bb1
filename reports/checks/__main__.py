"""python -m reports.checks [CODE ...]: lists the checks of a sweep, or explains some by their codes; --write makes their README.md.

Exit codes: 0 all well, 2 no such code.
"""

import argparse
from pathlib import Path

from reports.checks.every import CHECKS
from reports.checks.explanation import explained, in_markdown, in_terminal
from reports.door import printable
from reports.schema.codes import TITLES

README = Path(__file__).parent / "README.md"
HEAD = """# Checks

What a report says beside its answer ends with a code, as a linter's messages do, which never changes its meaning. A *warning* is part of
the answer, since the table misleads without it; a *note* says what could be better about the sweep.

```
python -m reports.checks              # all of them
python -m reports.checks L001 L016    # what these mean, and what to do
python -m experiments.run study=none 'penalty=none,l2' 'study.mute=[L005]'  # what is muted is counted in one line
```

This page is made from the docstrings of the checks, by `python -m reports.checks --write`.

"""


def document() -> str:
    """All of README.md."""
    return HEAD + in_markdown(map(explained, CHECKS))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m reports.checks", description=__doc__)
    parser.add_argument("codes", nargs="*", metavar="CODE", help="such as L001; without any, the list of all")
    parser.add_argument("--write", action="store_true", help="write README.md in this folder of the source")
    printable()
    arguments = parser.parse_args()
    for code in arguments.codes:
        if code not in TITLES:
            parser.error(f"{code!r} is no code; these are {min(TITLES)} to {max(TITLES)}")
    if arguments.write:
        README.write_text(document(), encoding="utf-8")
    elif arguments.codes:
        print("\n\n".join(in_terminal(explained(code)) for code in arguments.codes))
    else:
        print("\n".join(f"{code} {title} ({CHECKS[code].severity})" for code, title in TITLES.items()))


if __name__ == "__main__":
    main()
