"""How rightly classifiers are sure: accuracy over confidence."""

import altair as alt
import pandas as pd

from reports.calibration import has_bins, reliability
from reports.comparison import Comparison
from reports.excerpt import how_many, leading, leading_arms
from reports.figures.figure import Figure
from reports.figures.palette import COLOURS, GREY
from reports.load import Sweep

FEWEST = 10  # examples of all seeds: of fewer, an accuracy says nothing
PERCENT = ("from", "to", "share", "confidence", "accuracy", "low", "high")


def reliability_diagram(sweep: Sweep, comparison: Comparison) -> Figure | None:
    """Accuracy over confidence on test rows, a panel per arm, over the shares of rows in each bin of confidence."""
    if not has_bins(sweep):
        return None
    shown = leading(sweep, comparison, len(COLOURS)).rows
    of_cell = sweep.results.groupby("cell", sort=False)
    data = pd.concat([reliability(of_cell.get_group(row.cell)).assign(arm=row.arm) for row in comparison.rows])
    if data.empty:
        return None
    data[[*PERCENT]] *= 100
    drawn = data[data.examples >= FEWEST]
    arms = [row.arm for row in shown if row.arm in set(drawn.arm)]
    first = drawn["from"].min()
    charts = [panel(drawn[drawn.arm == arm], arm, colour, first) for arm, colour in zip(arms, COLOURS, strict=False)]
    n = int(data.seeds.max())
    return Figure(
        "reliability",
        "How rightly they are sure",
        "Accuracy on test rows over confidence, the largest probability, in 15 bins, after the last step. On the dashed line confidence is "
        f"right; below it networks are surer than they are right. Dot: all rows of {n} seed{'s' * (n > 1)}; bar: 95 % interval over "
        "seeds of these data (Fieller's, of right rows over rows). Grey: the share of test rows in the bin. Bins of fewer than "
        f"{FEWEST} rows are not drawn." + how_many(len(arms), data.arm.nunique(), leading_arms(sweep)),
        alt.concat(*charts, columns=3),
        data[["arm", *(name for name in data if name != "arm")]],
    )


def panel(data: pd.DataFrame, arm: str, colour: str, first: float) -> alt.LayerChart:
    """One arm: shares as grey bars, the diagonal, and accuracies with their intervals."""

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", title="confidence (%)", scale=alt.Scale(domain=[first, 100], nice=False))

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", title="accuracy, share of rows (%)", scale=alt.Scale(domain=[0, 100]))

    tips = [alt.Tooltip(f"{name}:Q", format=".3g") for name in PERCENT]
    base = alt.Chart(data).encode(tooltip=[*tips, alt.Tooltip("examples:Q"), alt.Tooltip("seeds:Q")])
    shares = base.mark_rect(color=GREY, opacity=0.35).encode(x=x("from"), x2="to:Q", y=y("share"), y2=alt.datum(0))
    ends = alt.Chart(pd.DataFrame({"confidence": [first, 100.0]})).encode(x=x("confidence"), y=y("confidence"))
    diagonal = ends.mark_line(color=GREY, strokeDash=[4, 3], strokeWidth=1.5)
    at = base.encode(x=x("confidence"))
    line = at.mark_line(color=colour, strokeWidth=1.5).encode(y=y("accuracy"))
    intervals = at.mark_rule(color=colour, strokeWidth=1.5).encode(y=y("low"), y2="high:Q")
    dots = at.mark_point(filled=True, color=colour, size=40, opacity=1).encode(y=y("accuracy"))
    return alt.layer(shares, diagonal, line, intervals, dots).properties(width=190, height=190, title=arm)
