"""python -m reports.build [SWEEP]: rebuilds the report of a sweep (the newest, or one named) from MLflow alone."""

import argparse
import os
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

from reports.comparison import Comparison, compare
from reports.figures import draw, figures
from reports.load import NoSuchSweep, find_sweep, load_sweep
from reports.page import page
from reports.statistics import Interval, PairedDifference


class Report(NamedTuple):
    """What was made, and the same answer as text."""

    folder: Path
    comparison: Comparison
    answer: str
    table: list[dict[str, Any]]
    note: str  # Markdown

    def terminal_table(self) -> Any:
        """The table in 80 columns."""
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        rows = self.comparison.rows
        caption = (
            f"mean ± half of the 95 % t interval over {max(row.test_error.n for row in rows)} seeds"
            f"{', errors in %' if self.comparison.percent else ''}; differences from {self.comparison.baseline}\n"
            "are paired by seed; p: exact sign-flip test with Holm's correction; values were chosen on validation error"
        )
        style: dict[str, Any] = {"title_justify": "left", "title_style": "bold", "caption_justify": "left"}
        table = Table(title=self.answer, caption=caption, box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False, **style)
        for position, column in enumerate(("", "chosen", "test error", "gap", "difference", "p")):
            table.add_column(column, justify="left" if position < 2 else "right", no_wrap=position >= 2)
        for row in rows:
            difference, p = (
                ("", "")
                if row.difference is None
                else (plus_minus(row.difference, self.comparison, True), f"{row.p:.3f}")
            )
            intervals = [plus_minus(interval, self.comparison) for interval in (row.test_error, row.gap)]
            table.add_row(row.arm, row.chosen, *intervals, difference, p)
        return table


def build(client: Any, run_id: str, folder: Path) -> Report:
    """Writes index.html, the figures (PNG, SVG) and all CSVs; the folder appears only when everything is in it."""
    sweep = load_sweep(client, run_id)
    comparison = compare(sweep)
    answer, table = sentence(comparison), table_rows(comparison)
    pictures = [draw(figure) for figure in figures(sweep, comparison)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=folder.parent, prefix=".draft-"))
    try:
        (draft / "index.html").write_text(page(sweep, comparison, answer, pictures, table), encoding="utf-8")
        for picture in pictures:
            name = picture.figure.name
            picture.figure.data.to_csv(draft / f"{name}.csv", index=False)
            (draft / f"{name}.svg").write_text(picture.svg, encoding="utf-8")
            (draft / f"{name}.png").write_bytes(picture.png())
        sweep.results.to_csv(draft / "results.csv", index=False)
        draft.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Report(folder, comparison, answer, table, markdown(sweep.study["question"], answer, table))


def sentence(comparison: Comparison) -> str:
    """The answer: which arms differ from the baseline at p < 0.05 after Holm's correction, best first."""
    arms = {row.arm: row.difference for row in comparison.rows if row.difference is not None}
    if not arms:
        (row,) = comparison.rows
        return f"Test error {show(row.test_error, comparison)}, gap {show(row.gap, comparison)}, over {row.test_error.n} seeds."
    clear = {row.arm for row in comparison.rows if row.p < 0.05}
    ranked = sorted(arms, key=lambda arm: arms[arm].mean)
    n = max(difference.n for difference in arms.values())
    parts = []
    for words, found in (
        ("lower test error", [arm for arm in ranked if arm in clear and arms[arm].mean < 0]),
        ("higher test error", [arm for arm in ranked if arm in clear and arms[arm].mean > 0]),
    ):
        if found:
            parts.append(
                f"{words}: " + ", ".join(f"{arm} ({show_difference(arms[arm].mean, comparison)})" for arm in found)
            )
    unclear = [arm for arm in arms if arm not in clear]
    if unclear:
        parts.append(f"no difference that {n} seeds can tell: " + ", ".join(unclear))
    if 2.0 ** (1 - n) * len(arms) >= 0.05:
        parts.append(
            f"with {n} seeds and {len(arms)} comparisons the test cannot reach p < 0.05 at all: take more seeds"
        )
    return f"Against {comparison.baseline}, paired over {n} seeds: " + "; ".join(parts) + "."


def table_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row an arm, ready to show."""
    return [
        {
            "": row.arm,
            "chosen": row.chosen or "–",
            "test error": show(row.test_error, comparison),
            "train error": show(row.train_error, comparison),
            "gap": show(row.gap, comparison),
            f"test error − {comparison.baseline}": show_paired(row.difference, comparison),
            "p": "–" if row.difference is None else f"{row.p:.3f}",
            "seeds": row.test_error.n,
        }
        for row in comparison.rows
    ]


def show(interval: Interval, comparison: Comparison) -> str:
    return (
        f"{number(interval.mean, comparison)} [{number(interval.low, comparison)}, {number(interval.high, comparison)}]"
    )


def plus_minus(interval: Interval | PairedDifference, comparison: Comparison, sign: bool = False) -> str:
    """A t interval is symmetric: mean ± half its length."""
    return f"{number(interval.mean, comparison, sign)} ± {number((interval.high - interval.low) / 2, comparison)}"


def show_paired(difference: Any, comparison: Comparison) -> str:
    if difference is None:
        return "baseline"
    ends = ", ".join(number(end, comparison, sign=True) for end in (difference.low, difference.high))
    return f"{number(difference.mean, comparison, sign=True)} [{ends}]"


def show_difference(value: float, comparison: Comparison) -> str:
    return number(value, comparison, sign=True) + (" points" if comparison.percent else "")


def number(value: float, comparison: Comparison, sign: bool = False) -> str:
    plus = "+" if sign else ""
    text = f"{value * 100:{plus}.2f}" if comparison.percent else f"{value:{plus}.4g}"
    return text.replace("-", "−")


def markdown(question: str, answer: str, table: list[dict[str, Any]]) -> str:
    """The note of the sweep's run in MLflow."""
    head = list(table[0])
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(map(str, row.values())) + " |" for row in table]
    return f"**{question}**\n\n{answer}\n\n" + "\n".join(lines) + "\n\nThe page is under Artifacts: report/index.html."


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m reports.build", description=__doc__)
    parser.add_argument(
        "sweep", nargs="?", help="a sweep's name, its run id, or a study's name; without it, the newest sweep"
    )
    parser.add_argument(
        "--store", help="MLflow's tracking URI (default: MLFLOW_TRACKING_URI, else runs/mlflow.db here)"
    )
    parser.add_argument("--folder", type=Path, help="where to write (default: runs/reports/NAME)")
    arguments = parser.parse_args()
    database = Path("runs/mlflow.db").resolve()
    store = arguments.store or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{database}"
    if store == f"sqlite:///{database}" and not database.exists():
        sys.exit(
            f"error: there is no {database}: run a sweep first (python -m experiments.run), or name a store with --store"
        )
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow import MlflowClient

    client = MlflowClient(store)
    try:
        run_id = find_sweep(client, arguments.sweep)
        name = client.get_run(run_id).info.run_name.removeprefix("sweep: ")
        report = build(client, run_id, arguments.folder or Path("runs/reports") / folder_name(name))
    except NoSuchSweep as error:
        sys.exit(f"error: {error}")
    print(f"Report: {report.folder / 'index.html'}")


def folder_name(sweep: str) -> str:
    """A sweep's name as a folder's.

    >>> folder_name("regularizers 2026-11-23 12:30:00")
    'regularizers_2026-11-23_12-30-00'
    """
    return sweep.replace(":", "-").replace(" ", "_").replace("/", "_")


if __name__ == "__main__":
    main()
