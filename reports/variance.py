"""Where the spread over networks comes from, ready to show: by crossed sources, with some held still, and from the finite test set."""

from math import isnan, prod, sqrt

import numpy as np

from reports.by_source import BySource, by_source, errors_of_test_rows, of_test_rows
from reports.comparison import Comparison
from reports.components import ALL, Component, Effect
from reports.crossed import crossed
from reports.formats import number
from reports.load import Sweep
from reports.schema.names import listed
from reports.statistics import sd_interval

TOLD = 0.01  # the share of the variance from which on an interaction is in the sentence
ERROR = "sd of test/error"
OVER = "[low, high]: 95 % intervals over draws of the sources, each alone"


def component_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """Of each arm whose seeds are crossed: its components, their sum, and what the finite test set has of it."""
    found = [one for one in by_source(sweep, comparison) if one.components]
    whose = [f"{one.arm}: " if len(found) > 1 else "" for one in found]
    rows = [[*shown(one, comparison), *of_rows(one, comparison)] for one in found]
    return [row | {"source": arm + row["source"]} for arm, own in zip(whose, rows, strict=True) for row in own]


def shown(one: BySource, comparison: Comparison) -> list[dict[str, str]]:
    """A row a component, their sum last."""
    draws = list(one.sizes.values())
    rows = {
        effect: {
            "source": one.names[effect],
            ERROR: sd(found.variance, comparison),
            "95 % interval": ends(found, comparison),
            "share of the variance": percent(found.share),
            "95 % of the share": f"[{percent(found.share_low)}, {percent(found.share_high)}]" if effect else "–",
            "draws": " × ".join(str(draws[axis]) for axis in effect or range(len(draws))),
        }
        for effect, found in one.components.items()
    }
    return [*(row for effect, row in rows.items() if effect), rows[ALL]]


def of_rows(one: BySource, comparison: Comparison) -> list[dict[str, str]]:
    """What the finite test set has of the spread: in all, in that of splits, in that of networks of one split."""
    if one.test_rows is None:
        return []
    variance, within, rows = one.test_rows
    parts = {f"of it, the finite test set ({rows:,.0f} rows)": variance}
    if "split" in one.sizes:
        parts |= {"of that, in split": variance - within, "of that, between networks of one split": within}
    nothing = dict.fromkeys(shown(one, comparison)[0], "–")
    return [
        nothing | {"source": words, ERROR: sd(part, comparison), "share of the variance": percent(part_of(part, one))}
        for words, part in parts.items()
    ]


def in_a_sentence(one: BySource, comparison: Comparison) -> str:
    """The answer of a crossed sweep, of one arm: shares and standard deviations, the largest first."""
    if one.lost:
        lost = f"{one.lost:,} of {prod(one.sizes.values()):,} seeds have no finite test error"
        return f"Where the spread comes from is not known: {lost}, and a crossing needs all."
    told = ranked(one)
    parts = [f"{one.names[effect]} {share(one.components[effect], comparison)}" for effect in told]
    rest = sum(found.share for effect, found in one.components.items() if effect and effect not in told)
    parts += [f"all other interactions {percent(rest)}"] if len(told) < len(one.components) - 1 else []
    whole = sd(one.components[ALL].variance, comparison) + (" points" if comparison.percent else "")
    whose = f" ({one.arm})" if len(comparison.rows) > 1 else ""
    return f"Of the variance of one network's test error{whose}, sd {whole}: {listed(parts)}; {OVER}." + of_test_set(
        one, comparison
    )


def ranked(one: BySource) -> list[Effect]:
    """Main effects, and interactions that are worth a word, the largest first."""
    told = [effect for effect, found in one.components.items() if len(effect) == 1 or (effect and found.share >= TOLD)]
    return sorted(told, key=lambda effect: -one.components[effect].variance)


def share(found: Component, comparison: Comparison) -> str:
    """A share and its standard deviation; of what shows no sign of being there, how much it could be."""
    if found.variance <= 0:
        return f"0% (no sign of it; sd at most {sd(found.high, comparison)})"
    return f"{percent(found.share)} (sd {sd(found.variance, comparison)} {ends(found, comparison)})"


def of_test_set(one: BySource, comparison: Comparison) -> str:
    if one.test_rows is None:
        return ""
    variance, _, rows = one.test_rows
    part = f"sd {sd(variance, comparison)}, {percent(part_of(variance, one))} of the variance"
    return f" Of all this, that the test set has no more than {rows:,.0f} rows makes {part}."


def part_of(variance: float, one: BySource) -> float:
    """A variance as a share of one network's."""
    whole = one.components[ALL].variance
    return max(0.0, variance) / whole if whole > 0 else float("nan")


def spread_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """How much of every arm's spread over seeds is the finite test set, where seeds are not crossed and errors of rows are kept."""
    cells, rows = {cell["name"]: cell for cell in sweep.cells}, []
    for row in comparison.rows:
        tested = None if crossed(cells[row.cell]) or row.test_error.n < 2 else errors_of_test_rows(sweep, row.cell)
        if tested is None:
            continue
        found, variance = of_test_rows(tested, cells[row.cell], sweep), row.test_error.sd**2
        rows.append(
            {
                "": row.arm,
                ERROR: sd(variance, comparison),
                "of it, the finite test set": sd(found.variance, comparison),
                "share of the variance": percent(max(0.0, found.variance) / variance if variance > 0 else float("nan")),
                "test rows": f"{found.rows:,.0f}",
                "seeds": str(row.test_error.n),
            }
        )
    return rows


def source_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """Where a sweep varies `vary`: the spread of test error over seeds when only some sources of chance differ."""
    axes_of = {cell["name"]: cell["axes"] for cell in sweep.cells}
    varied = [row for row in comparison.rows if "vary" in axes_of[row.cell]]
    results = sweep.results[sweep.results.cell.isin([row.cell for row in varied])]
    finite = results[np.isfinite(results["test/error"])]
    errors = {cell: rows["test/error"] for cell, rows in finite.groupby("cell")}
    varied = [row for row in varied if len(errors.get(row.cell, ())) > 1]
    others = {row.cell: tuple(item for item in axes_of[row.cell].items() if item[0] != "vary") for row in varied}
    sources = {row.cell: axes_of[row.cell]["vary"].count(",") + 1 for row in varied}
    everything = {others[cell]: errors[cell].var(ddof=1) for cell, count in sources.items() if count == 3}
    return [
        {
            "what varies": row.arm,
            ERROR: number(errors[row.cell].std(ddof=1), comparison),
            "95 % interval": "[" + ", ".join(number(end, comparison) for end in sd_interval(errors[row.cell])) + "]",
            "share of the variance": f"{errors[row.cell].var(ddof=1) / everything[others[row.cell]]:.0%}"
            if everything.get(others[row.cell])
            else "–",
            "seeds": str(len(errors[row.cell])),
        }
        for row in varied
    ]


def sources_in_a_sentence(rows: list[dict[str, str]]) -> str:
    spreads = [f"{row['what varies'].removeprefix('vary=')} {row[ERROR]} {row['95 % interval']}" for row in rows]
    return f"Standard deviation of the test error over seeds: {'; '.join(spreads)}; [low, high]: 95 % intervals, each alone (χ²)."


def sd(variance: float, comparison: Comparison) -> str:
    """The square root of a variance, 0 where its estimate is negative."""
    return number(sqrt(max(0.0, variance)), comparison)


def ends(found: Component, comparison: Comparison) -> str:
    return f"[{sd(found.low, comparison)}, {sd(found.high, comparison)}]"


def percent(part: float) -> str:
    return "–" if isnan(part) else f"{part:.0%}"
