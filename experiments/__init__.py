"""The laboratory: data, splits, sweeps and their records. `python -m experiments.run` is the way in."""
