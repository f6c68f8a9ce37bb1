"""python -m reports.build [SWEEP]: rebuilds the report of a sweep (the newest, or one named) from MLflow alone."""

import argparse
import math
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

from reports.certainty import certainties
from reports.comparison import Comparison, Row, compare
from reports.figures import draw, figures
from reports.load import NoSuchSweep, Sweep, find_sweep, folder_name, load_sweep
from reports.optimism import ledger
from reports.page import page, script
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
        from rich.text import Text

        rows = self.comparison.rows
        chosen = "; values chosen on validation error" if any(row.chosen for row in rows) else ""
        unit = ", errors in %" if self.comparison.percent else ""
        caption = (
            f"mean ± half of the 95 % t interval over {max(row.test_error.n for row in rows)} seeds{unit}; "
            f"differences from {self.comparison.baseline}\nare paired by seed; p: sign-flip test, Holm's correction{chosen}"
        )
        style: dict[str, Any] = {"title_justify": "left", "title_style": "bold", "caption_justify": "left"}
        table = Table(
            title=self.answer, caption=caption, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, **style
        )
        for position, column in enumerate(("", "chosen", "test error", "gap", "difference", "p")):
            table.add_column(column, justify="left" if position < 2 else "right", no_wrap=position > 0, overflow="fold")
        for row in rows:
            difference, p = (
                ("", "")
                if row.difference is None
                else (plus_minus(row.difference, self.comparison, True), p_value(row.p))
            )
            intervals = [plus_minus(interval, self.comparison) for interval in (row.test_error, row.gap)]
            values = " ".join(value.split("=", 1)[1] for value in row.chosen.split())
            table.add_row(*map(Text, (row.arm, values, *intervals, difference, p)))
        return table


def build(client: Any, run_id: str, folder: Path) -> Report:
    """Writes index.html, the figures (PNG, SVG) and all CSVs; the folder appears only when everything is in it."""
    check_replaceable(folder)
    with ThreadPoolExecutor(1) as beside:
        beside.submit(script)  # Vega's renderer takes longer to bundle than the sweep to load
        sweep = load_sweep(client, run_id)
        comparison = compare(sweep)
        answer, table = sentence(comparison), table_rows(comparison)
        pictures = list(beside.map(draw, figures(sweep, comparison)))
        tables = {"certainty": certainty_rows(sweep, comparison), "ledger": ledger_rows(sweep, comparison)}
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=folder.parent, prefix=".draft-"))
    try:
        text = page(sweep, comparison, answer, pictures, table, tables)
        (draft / "index.html").write_text(text, encoding="utf-8")
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


def check_replaceable(folder: Path) -> None:
    """Raises FileExistsError for a folder that holds anything but an earlier report."""
    theirs = (
        [file.name for file in folder.iterdir() if file.suffix not in (".html", ".csv", ".svg", ".png")]
        if folder.is_dir()
        else []
    )
    is_report = folder.is_dir() and (not any(folder.iterdir()) or ((folder / "index.html").exists() and not theirs))
    if folder.exists() and not is_report:
        raise FileExistsError(f"{folder} holds other files than a report; name a new folder with --folder.")


def sentence(comparison: Comparison) -> str:
    """The answer: which arms differ from the baseline at p < 0.05 after Holm's correction, best first; then the warnings."""
    arms = {row.arm: row.difference for row in comparison.rows if row.difference is not None and row.difference.n > 1}
    said = [differences(comparison, arms)] if arms else [of_one(row, comparison) for row in comparison.rows]
    return " ".join([*said, *comparison.warnings])


def of_one(row: Row, comparison: Comparison) -> str:
    return f"{row.arm}: test error {show(row.test_error, comparison)}, gap {show(row.gap, comparison)}, over {row.test_error.n} seeds."


def differences(comparison: Comparison, arms: dict[str, PairedDifference]) -> str:
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
        comparisons = "one comparison" if len(arms) == 1 else f"{len(arms)} comparisons"
        parts.append(f"with {n} seeds and {comparisons} the test cannot reach p < 0.05 at all: take more seeds")
    return f"Against {comparison.baseline}, paired over {n} seeds: " + "; ".join(parts) + "."


def table_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row an arm, ready to show."""
    return [
        {
            "": row.arm,
            "chosen": row.chosen or "–",
            "test error": show(row.test_error, comparison),
            "train error": number(row.train_error.mean, comparison),
            "gap": show(row.gap, comparison),
            f"test error − {comparison.baseline}": show_paired(row, comparison),
            "d": "–"
            if row.difference is None or math.isnan(row.difference.d)
            else f"{row.difference.d:+.1f}".replace("-", "−"),
            "p": p_value(row.p),
            "seeds": row.test_error.n,
        }
        for row in comparison.rows
    ]


def certainty_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """How sure each difference is, ready to show."""

    def ends(interval: Interval) -> str:
        return f"[{number(interval.low, comparison, True)}, {number(interval.high, comparison, True)}]"

    return [
        {
            "": one.arm,
            "difference": number(one.t.mean, comparison, True),
            "bootstrap": ends(one.bootstrap),
            "on other such data": ends(one.other_data),
            "lower in": f"{one.lower:.0%} of seeds",
            "p, Holm": p_value(one.holm),
            "p, B–H": p_value(one.benjamini_hochberg),
            "seeds to tell it": "–" if one.seeds is None else f"{one.seeds:,}",
        }
        for one in certainties(sweep, comparison)
    ]


def ledger_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """The optimism ledger, ready to show."""
    return [
        {
            "": entry.arm,
            "last step": show(entry.by_rule["last"], comparison),
            "best validation loss": show(entry.by_rule["best_validation"], comparison),
            "oracle": show(entry.by_rule["oracle"], comparison),
            "the oracle flatters by": plus_minus(entry.flattery, comparison, True),
            "peeking twice": number(entry.peeking.mean, comparison),
        }
        for entry in ledger(sweep, comparison)
    ]


def show(interval: Interval, comparison: Comparison) -> str:
    if interval.n < 2:
        return number(interval.mean, comparison)
    return (
        f"{number(interval.mean, comparison)} [{number(interval.low, comparison)}, {number(interval.high, comparison)}]"
    )


def plus_minus(interval: Interval | PairedDifference, comparison: Comparison, sign: bool = False) -> str:
    """A t interval is symmetric: mean ± half its length. One seed has none."""
    if interval.n < 2:
        return number(interval.mean, comparison, sign)
    return f"{number(interval.mean, comparison, sign)} ± {number((interval.high - interval.low) / 2, comparison)}"


def p_value(p: float) -> str:
    return "–" if math.isnan(p) else f"{p:.3f}"


def show_paired(row: Row, comparison: Comparison) -> str:
    if row.difference is None:
        return "baseline" if row.arm == row.baseline else "other data"
    ends = ", ".join(number(end, comparison, sign=True) for end in (row.difference.low, row.difference.high))
    return f"{number(row.difference.mean, comparison, sign=True)} [{ends}]"


def show_difference(value: float, comparison: Comparison) -> str:
    return number(value, comparison, sign=True) + (" points" if comparison.percent else "")


def number(value: float, comparison: Comparison, sign: bool = False) -> str:
    if not math.isfinite(value):
        return "–"
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
    try:
        if store == f"sqlite:///{database}" and not database.exists():
            raise NoSuchSweep(
                f"there is no {database}: run a sweep first (python -m experiments.run), or name a store with --store"
            )
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        from mlflow import MlflowClient

        client = MlflowClient(store)
        run_id = find_sweep(client, arguments.sweep)
        name = client.get_run(run_id).info.run_name.removeprefix("sweep: ")
        report = build(client, run_id, arguments.folder or Path("runs/reports") / folder_name(name))
    except Exception as error:
        if not isinstance(error, NoSuchSweep | OSError) and type(error).__name__ != "MlflowException":
            raise
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"Report: {report.folder / 'index.html'}")


if __name__ == "__main__":
    main()
