"""python -m reports.build [SWEEP]: rebuilds the report of a sweep (the newest, or one named) from MLflow alone.

Exit codes: 0 all well, 1 some figure or table failed (the page says which, and has all others), 2 no such sweep.
"""

import argparse
import shutil
import sys
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

from reports.claims import Verdict
from reports.contents import Contents, contents
from reports.door import front_door
from reports.excerpt import lines_within, shortened
from reports.findings import Findings
from reports.functions import by_output, distances
from reports.load import Sweep, find_sweep, load_sweep
from reports.page import page, script
from reports.schema import VERDICTS
from reports.schema.names import report_folder
from reports.schema.store import open_store
from reports.tables import latex, markdown, write_csv
from reports.verdicts import as_json

SUFFIXES = (".html", ".csv", ".svg", ".png", ".md", ".tex", ".json")
IN_NOTE = 7900  # characters: MLflow cuts longer ones


class Report(NamedTuple):
    """The report that was written, and its answer as text."""

    folder: Path
    findings: Findings
    answer: str
    verdicts: list[Verdict]
    note: str  # Markdown
    failures: list[str]  # a line for each figure or table that could not be made

    def terminal_table(self) -> Any:
        """The table, as wide as the terminal."""
        from reports.terminal import table_of

        return table_of(self.answer, *self.findings.in_terminal, further=self.findings.further)


def build(client: Any, run_id: str, folder: Path) -> Report:
    """Build the report of a recorded sweep. Raises NoSuchSweep, and FileExistsError for a folder that holds other files."""
    check_replaceable(folder)
    with ThreadPoolExecutor(1) as beside:
        beside.submit(script)  # Vega's renderer takes longer to bundle than the sweep to load
        return report(load_sweep(client, run_id), folder, beside)


def report(sweep: Sweep, folder: Path, beside: Executor) -> Report:
    """Writes index.html, the figures (PNG, SVG), the tables and all CSVs; the folder appears only when everything is in it."""
    check_replaceable(folder)
    made = contents(sweep, beside)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=folder.parent, prefix=".draft-"))
    try:
        write(draft, sweep, made)
        draft.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    failures = [f"{failure.title}: {failure.message}" for failure in made.failures]
    return Report(
        folder,
        made.findings,
        made.answer,
        made.verdicts,
        note(sweep, made),
        failures,
    )


def write(draft: Path, sweep: Sweep, made: Contents) -> None:
    (draft / "index.html").write_text(page(sweep, made), encoding="utf-8")
    for picture in made.pictures:
        name = picture.figure.name
        write_csv(picture.figure.data, draft / f"{name}.csv")
        (draft / f"{name}.svg").write_text(picture.svg, encoding="utf-8")
        (draft / f"{name}.png").write_bytes(picture.png)
    write_csv(sweep.results, draft / "results.csv")
    if by_output(sweep.metrics):
        write_csv(distances(sweep), draft / "function_distances.csv")
    write_csv(made.findings.numbers, draft / "table.csv")
    for name, numbers in made.findings.more_numbers.items():
        write_csv(numbers, draft / name)
    if made.verdicts:
        (draft / VERDICTS).write_text(as_json(made.verdicts, sweep), encoding="utf-8")
    (draft / "table.md").write_text(markdown(made.findings.table), encoding="utf-8")
    (draft / "table.tex").write_text(latex(made.findings.table), encoding="utf-8")


def note(sweep: Sweep, made: Contents) -> str:
    """The note of the sweep's run in MLflow, in Markdown."""
    parts = [f"**{shortened(sweep.study['question'])}**", made.answer]
    if made.verdicts:
        parts.append(markdown([verdict._asdict() for verdict in made.verdicts]))
    parts.append(markdown(made.findings.in_terminal[0]))
    end = "The page is under Artifacts: report/index.html."
    return "\n\n".join([lines_within("\n\n".join(parts), IN_NOTE - len(end)).rstrip(), end])


def check_replaceable(folder: Path) -> None:
    """Raises FileExistsError for a folder that holds anything but an earlier report."""
    theirs = [file.name for file in folder.iterdir() if file.suffix not in SUFFIXES] if folder.is_dir() else []
    is_report = folder.is_dir() and (not any(folder.iterdir()) or ((folder / "index.html").exists() and not theirs))
    if folder.exists() and not is_report:
        raise FileExistsError(f"{folder} holds files that are not part of a report; name a new folder with --folder.")


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
    with front_door():
        client = open_store(arguments.store)
        run_id = find_sweep(client, arguments.sweep)
        name = client.get_run(run_id).info.run_name.removeprefix("sweep: ")
        report = build(client, run_id, arguments.folder or report_folder(name))
    print(f"Report: {report.folder / 'index.html'}")
    for failure in report.failures:
        print(f"failed: {failure}", file=sys.stderr)
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
