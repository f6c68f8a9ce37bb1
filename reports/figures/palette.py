"""What all figures share: colours, and the style in which Vega draws them."""

import altair as alt

# Okabe & Ito's colours, which colour-blind readers can tell apart; the middle greys and hues read on white and on black.
TEST, TRAIN, VALIDATION, GREY = "#D55E00", "#0072B2", "#009E73", "#888888"
LEGEND = alt.Legend(orient="top", symbolType="stroke", symbolOpacity=1, symbolStrokeWidth=3)
STAR = "M0,-1L0.59,0.81L-0.95,-0.31L0.95,-0.31L-0.59,0.81Z"
COLOURS = [TEST, TRAIN, VALIDATION, "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#B59F00", "#7B5EA7"]


CONFIG = {
    "background": "transparent",
    "font": "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Arial, sans-serif",
    "view": {"stroke": "transparent"},
    "title": {"color": "currentColor", "subtitleColor": GREY, "fontSize": 12, "fontWeight": 600, "anchor": "start"},
    "header": {"labelColor": "currentColor", "titleColor": "currentColor", "labelFontSize": 12, "labelFontWeight": 600},
    "axis": {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "domainColor": GREY,
        "tickColor": GREY,
        "gridColor": GREY,
        "gridOpacity": 0.25,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
    },
    "legend": {"labelColor": "currentColor", "titleColor": "currentColor", "labelFontSize": 11, "symbolStrokeWidth": 2},
}
