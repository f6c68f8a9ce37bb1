"""The laboratory: data, splits, sweeps and their records. `python -m experiments.run` is the way in."""

from pathlib import Path

HERE = Path(__file__).resolve().parent
CONF = next(
    folder for folder in (HERE / "conf", HERE.parent / "conf") if folder.is_dir()
)  # installed, or in a checkout
RUNS = Path("runs")  # in the current directory; all that the commands write lies there
