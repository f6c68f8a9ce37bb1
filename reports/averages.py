"""`mean_interval` for all groups of rows at once: sweeps have thousands."""

import numpy as np
import pandas as pd

from reports.statistics import t_quantile


def intervals(values: pd.DataFrame, by: pd.DataFrame, factor: float = 1.0) -> pd.DataFrame:
    """A row per group and column of `values`, in the order of the rows: mean of finite values, 95 % t interval, their number.

    `by` has the same rows; missing values there form a group of their own. `factor` converts to the unit shown.

    >>> rows = pd.DataFrame({"cell": ["a"] * 4, "error": [1.0, 2.0, 3.0, np.inf]})
    >>> intervals(rows[["error"]], by=rows[["cell"]]).round(2).to_numpy().tolist()
    [['a', 'error', 2.0, -0.48, 4.48, 3]]
    """
    numbers = values.astype(float)
    groups = numbers.where(np.isfinite(numbers)).groupby([by[key] for key in by], sort=False, dropna=False)
    n = groups.count()
    spread = groups.std() * n.map(lambda count: t_quantile(0.975, count - 1) / count**0.5 if count > 1 else np.nan)
    ends = {"mean": groups.mean(), "low": groups.mean() - spread, "high": groups.mean() + spread}
    converted = {end: (table * factor).to_numpy().ravel() for end, table in ends.items()}
    places = n.index.repeat(len(n.columns)).to_frame(index=False).set_axis(list(by), axis=1)
    return places.assign(metric=list(n.columns) * len(n), **converted, seeds=n.to_numpy().ravel())
