"""Tools run in this process, in a folder whose records are made up."""

import pytest

from tests.experiments.made_up import MadeUp, made_up


@pytest.fixture
def here(lab, monkeypatch):
    """A folder with an empty store, which is the current one."""
    monkeypatch.chdir(lab)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return lab


@pytest.fixture
def made(here) -> MadeUp:
    return made_up()


@pytest.fixture
def call(monkeypatch, capsys):
    """Calls a tool's `main` with these arguments: its exit code, and what it printed."""

    def run(main, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["tool", *arguments])
        code: int | str | None = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        captured = capsys.readouterr()
        return int(code or 0), captured.out + captured.err

    return run
