"""One self-contained HTML page per sweep: the question, the answer, figures and tables, the recipe. Nothing is fetched."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from reports.checks.every import codes_in
from reports.checks.explanation import Explanation, explained
from reports.claims import rules
from reports.confirmed import what_is_new
from reports.contents import Contents
from reports.crossed import crossed
from reports.excerpt import first
from reports.load import Sweep, has_rows, redrawn, varies
from reports.schema import OWN, SELECTED, THINNED
from reports.schema.codes import TITLES
from reports.schema.names import listed


def page(sweep: Sweep, made: Contents) -> str:
    """The page as text."""
    from jinja2 import Environment, FileSystemLoader, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html", "j2"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        sweep=sweep,
        **made._asdict(),
        **made.findings._asdict(),
        **made.findings.tables,
        first=first,
        codes=fired(made),
        linked=linked,
        in_code=in_code,
        rules=rules(sweep.study.get("claims", [])),
        script=script(),
        crossed=crossing(sweep),
        resplit=varies(sweep, "split"),
        redrawn=redrawn(sweep),
        validated=has_rows(sweep, "validation"),
        recipe=recipe(sweep),
        what_is_new=what_is_new(sweep),
    )


def fired(made: Contents) -> list[Explanation]:
    """The codes that the page names, explained."""
    said = " ".join([made.answer, *made.findings.warnings, *made.findings.notes])
    return [explained(code) for code in codes_in(said)]


def linked(text: str) -> Any:
    """The text as HTML, in which every code links to what it means.

    >>> print(linked("a < b (L001)."))
    a &lt; b (<a href="#L001">L001</a>).
    """
    from markupsafe import Markup, escape

    return Markup(re.sub(r"\bL\d{3}\b", in_link, str(escape(text))))


def in_link(found: re.Match[str]) -> str:
    return f'<a href="#{found[0]}">{found[0]}</a>' if found[0] in TITLES else found[0]


def in_code(text: str) -> Any:
    """The text as HTML, in which what stands in backticks is code, and every code of a check a link.

    >>> print(in_code("Take `a<b`."))
    Take <code>a&lt;b</code>.
    """
    from markupsafe import Markup

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(linked(text))))


@cache
def script() -> str:
    """Vega's own renderer, which the page contains: hovering shows values, the menu saves PNG and SVG."""
    import vl_convert

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")


def recipe(sweep: Sweep) -> dict[str, str]:
    """What is needed to repeat the sweep."""
    p = sweep.params
    trains = any(key.split(".")[0] == "network" for key in p)
    return {
        "Command": sweep.tags.get("command", ""),
        "Varied": "; ".join(f"{axis}: {value_of(axis, sweep)}" for axis in sweep.axes) or "nothing but seeds",
        "Data": data(sweep) + (f"; {parts(sweep)}" if trains else ""),
        **({"Confirms": confirms(sweep)} if sweep.confirms else {}),
        "Seeds": seeds(sweep) + (drawn(sweep) if trains else ""),
        **({"Training": training(sweep)} if trains else {"Theory": value_of("theory", sweep)}),
        **({"Rows": sweep.tags[THINNED]} if THINNED in sweep.tags else {}),
        "Cells": f"{len(sweep.cells)} finished, {len(sweep.failed)} failed",
        "Code": sweep.tags.get("commit", "unknown"),
        "Versions": sweep.tags.get("versions", ""),
        "Sweep": sweep.name,
    }


def value_of(key: str, sweep: Sweep) -> str:
    """The cells' value of a key: a single one, those of an axis, or a note that another axis decides it."""
    if key in sweep.axes:
        values = [cell["axes"].get(key) for cell in sweep.cells]
        some = [value for value in dict.fromkeys(values) if value is not None]
        return listed(some) + (", or not set" if None in values else "")
    decides = next((axis for axis in sweep.axes if key.startswith(f"{axis}.")), None)
    return f"(by {decides})" if decides else sweep.params.get(key, "?")


def touched(sweep: Sweep, *kinds: str) -> bool:
    """Whether an axis can change what these kinds of option decide."""
    return any(axis.split(".")[0] in kinds for axis in sweep.axes)


def data(sweep: Sweep) -> str:
    if touched(sweep, "dataset", "theory"):
        return f"{value_of('dataset', sweep)}, as varied"
    p = sweep.params
    return f"{p.get('dataset', '?')}: {p.get('data.examples', '?')} examples, {p.get('data.features', '?')} features"


def parts(sweep: Sweep) -> str:
    """How many rows each part has, over all cells that recorded it; else as in the first cell, unless an axis changes it."""
    counts = []
    for part in ("train", "validation", "test"):
        recorded = {str(cell["sizes"][part]): None for cell in sweep.cells if part in (cell.get("sizes") or {})}
        numbers = recorded or (
            {} if touched(sweep, "dataset", "split") else {sweep.params.get(f"data.{part}", "?"): None}
        )
        counts.append(f"{' or '.join(numbers) if len(numbers) < 5 else 'several numbers of'} {part}" if numbers else "")
    most = max((cell["left_out"] for cell in sweep.cells if isinstance(cell.get("left_out"), int)), default=0)
    rest = f"{most:,} at most in no part" if most else ""
    return ", ".join(filter(None, [*counts, rest])) or "numbers of rows as varied"


def seeds(sweep: Sweep) -> str:
    counts = sweep.results.groupby("cell")["seed"].nunique()
    least, most = int(counts.min()), int(counts.max())
    return f"{most:,}" if least == most else f"{least:,} to {most:,} a cell"


def drawn(sweep: Sweep) -> str:
    if "vary" in sweep.axes:
        return ": each draws what `vary` says, the rest is the first seed's"
    if any(cell.get("one_split") is True for cell in sweep.cells):
        return ": the split is the same for all, each draws what else `vary` says"
    if told := crossing(sweep):
        return f": they cross {told}, the same for all cells"
    words = {
        "split": "data of its own, split" if redrawn(sweep) else "split",
        "init": "initial weights",
        "order": "minibatch order and noise",
    }
    varied = [word for source, word in words.items() if source in sweep.params.get("vary", str(list(words)))]
    rest = "" if len(varied) == len(words) else "; the rest is the first seed's"
    return f": each draws {', '.join(varied)}, the same for all cells{rest}"


def confirms(sweep: Sweep) -> str:
    """Which sweep, and on which seeds."""
    numbers = sorted(set(sweep.results.seed))
    ends = (
        f"{numbers[0]} to {numbers[-1]}"
        if len(numbers) == numbers[-1] - numbers[0] + 1
        else listed([*map(str, numbers)])
    )
    which = f"“{sweep.first.name}”" if sweep.first is not None else "a sweep that is no longer here"
    return f"{which} (run {sweep.confirms}), on the seeds {ends}, which no recorded cell of it had"


def crossing(sweep: Sweep) -> str:
    """The sources that seeds cross, with how many draws of each; empty where none are crossed."""
    words = {"split": "splits", "init": "initial weights", "order": "orders of minibatches"}
    found = {" × ".join(f"{n} {words[source]}" for source, n in crossed(cell).items()): None for cell in sweep.cells}
    return " or ".join(filter(None, found))


def training(sweep: Sweep) -> str:
    optimizer, batch, epochs, dtype = (value_of(key, sweep) for key in ("optimizer", "batch_size", "epochs", "dtype"))
    return f"{network(sweep)}, {optimizer}, batch {batch}, {epochs} epochs, {dtype}; counts: {step_that_counts(sweep)}"


def network(sweep: Sweep) -> str:
    """The network: its hidden layers and activation, or, of one that is not written by these, its name and settings."""
    p, kind = sweep.params, value_of("network", sweep)
    if value_of("network.hidden", sweep) == "[]":
        return "no hidden layers"
    if "network.hidden" in p or "network.hidden" in sweep.axes:
        plain = p.get("network.normalization", "none") == "none" and "network.normalization" not in sweep.axes
        normalized = "" if plain else f" with {value_of('network.normalization', sweep)} normalization"
        return f"hidden layers {value_of('network.hidden', sweep)}{normalized}, {value_of('network.activation', sweep)}"
    keys = {key for key in (*p, *sweep.axes) if key.startswith("network.") and "initialization" not in key}
    settings = [f"{key.removeprefix('network.')} {value_of(key, sweep)}" for key in sorted(keys)]
    return f"network {kind} ({', '.join(settings)})" if settings else f"network {kind}"


def step_that_counts(sweep: Sweep) -> str:
    """Which step counts, judged by the rows themselves, since an axis such as `regularizer` may change it."""
    rule = sweep.params.get("selection", "?")
    taken = sweep.seeds.get(SELECTED + rule)
    everywhere = "selection" not in sweep.axes and (taken is None or bool((taken == sweep.seeds[OWN]).all()))
    return f"{rule} step" if everywhere else "the step that each cell's selection takes"
