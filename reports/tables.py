"""A table, made once as rows ready to show, as Markdown and as LaTeX."""

from typing import Any


def markdown(table: list[dict[str, Any]]) -> str:
    head = list(table[0])
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(str(value).replace("|", "\\|") for value in row.values()) + " |" for row in table]
    return "\n".join(lines) + "\n"


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
    lines += [" & ".join(in_latex(str(value)) for value in row.values()) + r" \\" for row in table]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


SPECIAL = {
    **{sign: "\\" + sign for sign in "&%$#_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{"−": "$-$", "±": r"$\pm$", "–": "--", "×": r"$\times$", "λ": r"$\lambda$", "η": r"$\eta$"},
}


def in_latex(text: str) -> str:
    return "".join(SPECIAL.get(sign, sign) for sign in text)
