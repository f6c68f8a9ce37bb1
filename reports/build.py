"""python -m reports.build [SWEEP]: rebuilds the report of a sweep (the newest, or one named) from MLflow alone."""

import argparse
import os
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

from reports.comparison import Comparison, compare
from reports.figures import figures, specification
from reports.load import NoSuchSweep, find_sweep, load_sweep
from reports.page import page
from reports.statistics import Interval


class Report(NamedTuple):
    """What was made, and the same answer as text."""

    folder: Path
    answer: str
    table: list[dict[str, Any]]
    note: str  # Markdown

    def terminal_table(self) -> Any:
        from rich.table import Table

        table = Table(title=self.answer, title_justify="left", title_style="bold", caption_justify="left",
                      caption="mean over seeds, 95 % t interval; difference paired by seed; chosen on validation error")  # fmt: skip
        for number, column in enumerate(self.table[0]):
            table.add_column(column, justify="left" if number < 2 else "right")
        for row in self.table:
            table.add_row(*map(str, row.values()))
        return table


def build(client: Any, run_id: str, folder: Path) -> Report:
    """Writes index.html, the figures (PNG, SVG) and all CSVs; the folder appears only when everything is in it."""
    import vl_convert

    sweep = load_sweep(client, run_id)
    comparison = compare(sweep)
    answer, table = sentence(comparison), table_rows(comparison)
    pictures = list(figures(sweep, comparison))
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=folder.parent, prefix=".draft-"))
    try:
        (draft / "index.html").write_text(page(sweep, comparison, answer, pictures, table), encoding="utf-8")
        for figure in pictures:
            spec = specification(figure)
            figure.data.to_csv(draft / f"{figure.name}.csv", index=False)
            (draft / f"{figure.name}.svg").write_text(vl_convert.vegalite_to_svg(spec), encoding="utf-8")
            on_white = {**spec, "config": {**spec["config"], "background": "white"}}
            (draft / f"{figure.name}.png").write_bytes(vl_convert.vegalite_to_png(on_white, scale=2))
        sweep.results.to_csv(draft / "results.csv", index=False)
        draft.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Report(folder, answer, table, markdown(sweep.study["question"], answer, table))


def sentence(comparison: Comparison) -> str:
    """The answer: which arms differ from the baseline by more than their interval, best first."""
    arms = [row for row in comparison.rows if row.difference is not None]
    if not arms:
        (row,) = comparison.rows
        return f"Test error {show(row.test_error, comparison)}, gap {show(row.gap, comparison)} over {row.test_error.n} seeds."
    better = sorted((row for row in arms if row.difference.high < 0), key=lambda row: row.difference.mean)
    worse = [row for row in arms if row.difference.low > 0]
    unclear = [row for row in arms if row not in better and row not in worse]
    n = arms[0].difference.n
    parts = []
    if better:
        parts.append("lower test error: " + ", ".join(f"{row.arm} ({show_difference(row.difference.mean, comparison)})" for row in better))
    if worse:
        parts.append("higher: " + ", ".join(f"{row.arm} ({show_difference(row.difference.mean, comparison)})" for row in worse))
    if unclear:
        parts.append(f"no difference that {n} seeds can tell: " + ", ".join(row.arm for row in unclear))
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
            "p": "–" if row.difference is None else f"{row.difference.p:.3f}",
            "seeds": row.test_error.n,
        }
        for row in comparison.rows
    ]


def show(interval: Interval, comparison: Comparison) -> str:
    return f"{number(interval.mean, comparison)} [{number(interval.low, comparison)}, {number(interval.high, comparison)}]"


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
    parser.add_argument("sweep", nargs="?", help="a sweep's name, its run id, or a study's name; without it, the newest sweep")
    parser.add_argument("--store", help="MLflow's tracking URI (default: MLFLOW_TRACKING_URI, else runs/mlflow.db here)")
    parser.add_argument("--folder", type=Path, help="where to write (default: runs/reports/NAME)")
    arguments = parser.parse_args()
    database = Path("runs/mlflow.db").resolve()
    store = arguments.store or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{database}"
    if store == f"sqlite:///{database}" and not database.exists():
        sys.exit(f"error: there is no {database}: run a sweep first (python -m experiments.run), or name a store with --store")
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
