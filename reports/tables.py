"""A table, made once as rows ready to show, as Markdown and as LaTeX; numbers as CSV."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from reports.comparison import Comparison, Pair


def markdown(table: list[dict[str, Any]]) -> str:
    head = list(table[0])
    lines = ["| " + " | ".join(map(in_markdown, head)) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(map(in_markdown, row.values())) + " |" for row in table]
    return "\n".join(lines) + "\n"


def in_markdown(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("<", "\\<").replace("\n", " ")


def latex(table: list[dict[str, Any]]) -> str:
    r"""A tabular of the package booktabs; the first column left, the others right.

    >>> print(latex([{"": "a_b", "gap": "−1.5 %"}]))
    \begin{tabular}{lr}
    \toprule
     & gap \\
    \midrule
    a\_b & $-$1.5 \% \\
    \bottomrule
    \end{tabular}
    <BLANKLINE>
    """
    lines = [r"\begin{tabular}{l" + "r" * (len(table[0]) - 1) + "}", r"\toprule"]
    lines += [" & ".join(map(in_latex, table[0])) + r" \\", r"\midrule"]
    lines += [before_bracket(" & ".join(in_latex(str(value)) for value in row.values())) + r" \\" for row in table]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def before_bracket(line: str) -> str:
    r"""Protect a bracket at the start of a line, which LaTeX would read as an argument of the \\ before it."""
    return "{}" + line if line.startswith("[") else line


SPECIAL = {
    **{sign: "\\" + sign for sign in "&%$#_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{"−": "$-$", "±": r"$\pm$", "–": "--", "×": r"$\times$", "λ": r"$\lambda$", "η": r"$\eta$"},
}


def in_latex(text: str) -> str:
    return "".join(SPECIAL.get(sign, sign) for sign in text)


def numbers_of(comparison: Comparison) -> pd.DataFrame:
    """A row per arm and reference: what the table shows, unrounded, in the unit of the errors."""
    rows = []
    for row in comparison.rows:
        shown: dict[str, Any] = {"arm": row.arm, "chosen": row.chosen, "cell": row.cell, "baseline": row.baseline}
        for name, interval in (
            ("test/error", row.test_error),
            ("train/error", row.train_error),
            ("gap/error", row.gap),
        ):
            shown |= {name: interval.mean, f"{name} low": interval.low, f"{name} high": interval.high}
        if row.pair is not None:
            shown |= numbers_of_pair(row.pair)
        rows.append(shown | {"p": row.p, "seeds": row.test_error.n, "diverged": row.diverged})
    for line in comparison.references:
        error = line.test_error
        ends = {"test/error": error.mean, "test/error low": error.low, "test/error high": error.high}
        rows.append({"arm": line.name, **ends, "seeds": error.n})
    return pd.DataFrame(rows)


def numbers_of_pair(pair: Pair) -> dict[str, float | str]:
    """A difference and its intervals: over seeds with all others and alone, on new data with all others and alone."""
    difference, together, new = pair.difference, pair.together, pair.new_data
    return {
        "difference": difference.mean,
        "difference low": together.low,
        "difference high": together.high,
        "t low": difference.low,
        "t high": difference.high,
        "new data low": pair.beyond.low,
        "new data high": pair.beyond.high,
        "new data alone low": new.low,
        "new data alone high": new.high,
        "new data not known": new.why,
        "V of seeds": new.seeds,
        "V of test rows": new.test_rows,
        "V of training rows": new.train_rows,
        "d": difference.d,
        "p step-down": together.step_down,
    }


def pairs_of(comparison: Comparison) -> pd.DataFrame:
    """A row per comparison, unrounded."""
    return pd.DataFrame(
        {
            "arm": pair.arm,
            "minus": pair.other,
            **numbers_of_pair(pair),
            "p": pair.together.p,
            "seeds": pair.difference.n,
        }
        for pair in comparison.pairs
    )


def write_csv(table: pd.DataFrame, file: Path) -> None:
    """Write the CSV as pandas does, in a tenth of the time; missing values are empty, mixed columns become text."""
    mixed = [name for name in table if pd.api.types.is_object_dtype(table[name])]
    texts = {name: table[name].map(str, na_action="ignore") for name in mixed}
    csv.write_csv(pa.Table.from_pandas(table.assign(**texts), preserve_index=False), file)
