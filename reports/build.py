"""python -m reports.build [SWEEP]: rebuilds the report of a sweep (the newest, or one named) from MLflow alone."""

import argparse
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

from reports.answer import certainty_rows, ledger_rows, sentence, table_rows, terminal_rows
from reports.claims import Verdict, in_one_sentence, judge
from reports.comparison import Comparison, compare
from reports.figures import figures
from reports.load import NoSuchSweep, Sweep, find_sweep, folder_name, load_sweep
from reports.measurements import measurement_rows
from reports.overfitting import diagnostic_rows, source_rows, sources_in_a_sentence
from reports.page import page, script
from reports.palette import draw
from reports.store import open_store
from reports.tables import latex, markdown

SUFFIXES = (".html", ".csv", ".svg", ".png", ".md", ".tex")


class Report(NamedTuple):
    """What was made, and the same answer as text."""

    folder: Path
    comparison: Comparison | None  # None where no network was trained
    answer: str
    verdicts: list[Verdict]
    table: list[dict[str, Any]]
    note: str  # Markdown

    def terminal_table(self) -> Any:
        """The table in 80 columns."""
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        rows, caption = (
            (self.table, "mean over seeds ± half of the 95 % t interval, where seeds differ")
            if self.comparison is None
            else terminal_rows(self.comparison)
        )
        style: dict[str, Any] = {"title_justify": "left", "title_style": "bold", "caption_justify": "left"}
        table = Table(
            title=Text(self.answer),
            caption=Text(caption),
            box=SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
            pad_edge=False,
            **style,
        )
        compared = self.comparison is not None
        for position, column in enumerate(rows[0]):
            justify: Any = "left" if column in ("", "chosen") else "right"
            table.add_column(column, justify=justify, no_wrap=(position > 0) == compared, overflow="fold")
        for row in rows:
            table.add_row(*(Text(str(value)) for value in row.values()))
        return table


def build(client: Any, run_id: str, folder: Path) -> Report:
    """Writes index.html, the figures (PNG, SVG), the tables and all CSVs; the folder appears only when everything is in it."""
    check_replaceable(folder)
    with ThreadPoolExecutor(1) as beside:
        beside.submit(script)  # Vega's renderer takes longer to bundle than the sweep to load
        sweep = load_sweep(client, run_id)
        comparison = compare(sweep) if "test/error" in sweep.results else None
        verdicts = judge(sweep, comparison)
        pictures = list(beside.map(draw, figures(sweep, comparison)))
        table, tables = measurement_rows(sweep), {}
        if comparison is not None:
            table = table_rows(comparison)
            tables = {
                "certainty": certainty_rows(sweep, comparison),
                "ledger": ledger_rows(sweep, comparison),
                "diagnostics": diagnostic_rows(sweep, comparison),
                "sources": source_rows(sweep, comparison),
            }
    said = [sources_in_a_sentence(tables["sources"])] if tables.get("sources") else []
    if comparison is not None:
        said += comparison.warnings if sweep.axes == ["vary"] else [sentence(comparison)]
    answer = " ".join([*said, *([in_one_sentence(verdicts)] if verdicts else [])]) or sweep.study["question"]
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=folder.parent, prefix=".draft-"))
    try:
        text = page(sweep, comparison, answer, verdicts, pictures, table, tables)
        (draft / "index.html").write_text(text, encoding="utf-8")
        for picture in pictures:
            name = picture.figure.name
            picture.figure.data.to_csv(draft / f"{name}.csv", index=False)
            (draft / f"{name}.svg").write_text(picture.svg, encoding="utf-8")
            (draft / f"{name}.png").write_bytes(picture.png())
        sweep.results.to_csv(draft / "results.csv", index=False)
        (draft / "table.md").write_text(markdown(table), encoding="utf-8")
        (draft / "table.tex").write_text(latex(table), encoding="utf-8")
        draft.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Report(folder, comparison, answer, verdicts, table, note(sweep, answer, verdicts, table))


def note(sweep: Sweep, answer: str, verdicts: list[Verdict], table: list[dict[str, Any]]) -> str:
    """The note of the sweep's run in MLflow, in Markdown."""
    parts = [f"**{sweep.study['question']}**", answer, markdown(table)]
    if verdicts:
        parts.append(markdown([one._asdict() for one in verdicts]))
    return "\n\n".join([*parts, "The page is under Artifacts: report/index.html."])


def check_replaceable(folder: Path) -> None:
    """Raises FileExistsError for a folder that holds anything but an earlier report."""
    theirs = [file.name for file in folder.iterdir() if file.suffix not in SUFFIXES] if folder.is_dir() else []
    is_report = folder.is_dir() and (not any(folder.iterdir()) or ((folder / "index.html").exists() and not theirs))
    if folder.exists() and not is_report:
        raise FileExistsError(f"{folder} holds other files than a report; name a new folder with --folder.")


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
    try:
        client = open_store(arguments.store)
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
