"""One self-contained HTML page a sweep: the question, the answer, figures and tables, the recipe. Nothing is fetched."""

from functools import cache
from pathlib import Path
from typing import Any

from reports.claims import Verdict
from reports.comparison import Comparison
from reports.load import Sweep, varies
from reports.palette import Picture


def page(
    sweep: Sweep,
    comparison: Comparison | None,
    answer: str,
    verdicts: list[Verdict],
    pictures: list[Picture],
    table: list[dict[str, Any]],
    tables: dict[str, list[dict[str, str]]],
) -> str:
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
        comparison=comparison,
        answer=answer,
        verdicts=verdicts,
        pictures=pictures,
        table=table,
        **tables,
        script=script(),
        resplit=varies(sweep, "split"),
        recipe=recipe(sweep),
    )


@cache
def script() -> str:
    """Vega's own renderer, as the page carries it: hovering shows values, the menu saves PNG and SVG."""
    import vl_convert

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")


def recipe(sweep: Sweep) -> dict[str, str]:
    """What somebody needs to do it again."""
    p = sweep.params
    trains = "network.hidden" in p
    parts = ", ".join(f"{p.get(f'data.{part}', '?')} {part}" for part in ("train", "validation", "test"))
    return {
        "Command": sweep.tags.get("command", ""),
        "Data": f"{p.get('dataset', '?')}: {p.get('data.examples', '?')} examples, {p.get('data.features', '?')} features"
        + (f"; {parts}" if trains else ""),
        "Seeds": f"{sweep.results.seed.nunique()}" + (drawn(sweep) if trains else ""),
        **({"Training": training(p)} if trains else {"Theory": p.get("theory", "?")}),
        "Cells": f"{len(sweep.cells)} finished, {len(sweep.failed)} failed",
        "Code": sweep.tags.get("commit", "unknown"),
        "Versions": sweep.tags.get("versions", ""),
        "Sweep": sweep.name,
    }


def drawn(sweep: Sweep) -> str:
    if "vary" in sweep.axes:
        return ": each draws what `vary` says, the rest is the first seed's"
    words = {"split": "split", "init": "initial weights", "order": "minibatch order and noise"}
    varied = [word for source, word in words.items() if source in sweep.params.get("vary", str(list(words)))]
    rest = "" if len(varied) == len(words) else "; the rest is the first seed's"
    return f": each draws {', '.join(varied)}, the same for all cells{rest}"


def training(p: dict[str, str]) -> str:
    return (
        f"hidden layers {p.get('network.hidden', '?')}, {p.get('network.activation', '?')}, {p.get('optimizer', '?')}, "
        f"batch {p.get('batch_size', '?')}, {p.get('epochs', '?')} epochs, {p.get('dtype', '?')}; counts: {p.get('selection', '?')} step"
    )
