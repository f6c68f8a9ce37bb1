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
    of_cell = sweep.results.groupby("cell", sort=False)
    data = pd.concat([reliability(of_cell.get_group(row.cell)).assign(arm=row.arm) for row in comparison.rows])
    if data.empty:
        return None
    data[[*PERCENT]] *= 100
    leaders = [row.arm for row in leading(sweep, comparison, len(COLOURS)).rows if row.arm in set(data.arm)]
    drawn = data[data.arm.isin(leaders) & (data.examples >= FEWEST)]
    n = int(data.seeds.max())
    return Figure(
        "reliability",
        "How rightly they are sure",
        "Accuracy on test rows over confidence, the largest probability, in 15 bins, after the last step. On the dashed line confidence is "
        f"right; below it networks are surer than they are right. Dot: all rows of {n} seed{'s' * (n > 1)}; bar: 95 % interval over "
        f"{comparison.these_seeds}, each bin alone (Fieller's, of right rows over rows; none of fewer than five right or wrong). "
        f"Grey: the share of test rows in the bin. Bins of fewer than {FEWEST} rows are not drawn."
        + how_many(len(leaders), data.arm.nunique(), leading_arms(sweep)),
        panels(drawn, leaders),
        data[["arm", *(name for name in data if name != "arm")]],
    )


def panels(data: pd.DataFrame, arms: list[str]) -> alt.FacetChart:
    """Of each arm its shares as grey bars, the diagonal, and accuracies with their intervals."""
    first = data["from"].min()

    def x(field: str) -> alt.X:
        scale = alt.Scale(domain=[first, 100], nice=False)
        return alt.X(f"{field}:Q", title="confidence (%)", scale=scale, axis=alt.Axis(tickCount=5))

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", title="accuracy, share of rows (%)", scale=alt.Scale(domain=[0, 100]))

    tips = [alt.Tooltip(f"{name}:Q", format=".3g") for name in PERCENT]
    colour = alt.Color("arm:N", legend=None, scale=alt.Scale(domain=arms, range=COLOURS[: len(arms)]))
    base = alt.Chart().encode(tooltip=[*tips, alt.Tooltip("examples:Q"), alt.Tooltip("seeds:Q")])
    shares = base.mark_rect(color=GREY, opacity=0.35).encode(x=x("from"), x2="to:Q", y=y("share"), y2=alt.datum(0))
    ends = alt.Chart(pd.DataFrame({"right": [first, 100.0]})).encode(x=x("right"), y=y("right"))
    diagonal = ends.mark_line(color=GREY, strokeDash=[4, 3], strokeWidth=1.5)
    at = base.encode(x=x("confidence"), color=colour)
    line = at.mark_line(strokeWidth=1.5, point=True).encode(y=y("accuracy"))
    intervals = at.mark_rule(strokeWidth=1.5).encode(y=y("low"), y2="high:Q")
    one = alt.layer(shares, diagonal, intervals, line, data=data).properties(width=235, height=190)
    return one.facet(facet=alt.Facet("arm:N", title=None, sort=arms), columns=3)
