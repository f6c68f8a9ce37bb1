"""The effects of a factorial design, ready to show: a sentence, and a table."""

from collections.abc import Sequence

from reports.answer import NEW_DATA
from reports.comparison import Comparison
from reports.design import Effect, design
from reports.formats import ends, number, p_value, show_difference
from reports.load import Sweep
from reports.schema.names import listed


def effect_rows(sweep: Sweep, comparison: Comparison) -> list[dict[str, str]]:
    """One row per effect, main effects first."""
    return [
        {
            "effect": effect.name,
            "off → on": ", ".join(f"{switch.off} → {switch.on}" for switch in effect.switches),
            "effect on test/error": f"{number(effect.pair.difference.mean, comparison, sign=True)} "
            + ends(effect.pair.together, comparison),
            NEW_DATA: ends(effect.pair.beyond, comparison),
            "p": p_value(effect.pair.together.p),
            "seeds": str(effect.pair.difference.n),
        }
        for effect in design(sweep).effects
    ]


def effects_in_sentences(sweep: Sweep, comparison: Comparison) -> list[str]:
    """What the switches do, or why nothing can be said; nothing where the study has no design."""
    found = design(sweep)
    if found.why:
        return [f"{found.why}\n"]
    if not found.effects:
        return []
    n, count = max(effect.pair.difference.n for effect in found.effects), len(found.effects)
    seeds = f"over {n} seeds" if n == sweep.results.seed.nunique() else f"over the {n} seeds that finished in all cells"
    about = f"Switched on, averaged over the other switches, paired {seeds}, {count} effects tested together"
    alone = told([effect for effect in found.effects if len(effect.switches) == 1], "", comparison)
    pairs = told(
        [effect for effect in found.effects if len(effect.switches) == 2], " than effects that add up", comparison
    )
    return [
        f"{about}: {alone}.\nInteractions, half of how much one effect changes where the other switch is on: {pairs}.\n"
    ]


def told(effects: Sequence[Effect], than: str, comparison: Comparison) -> str:
    """Which effects lower the test error, which raise it, at p < 0.05 in the family, and which are undecided."""
    ranked = sorted(effects, key=lambda effect: effect.pair.difference.mean)
    decided = [effect for effect in ranked if effect.pair.together.p < 0.05]
    groups = {
        f"lower test error{than}": [effect for effect in decided if effect.pair.difference.mean < 0],
        f"higher test error{than}": [effect for effect in decided if effect.pair.difference.mean > 0],
        "undecided": [effect for effect in ranked if not effect.pair.together.p < 0.05],
    }
    return "; ".join(
        f"{words}: {listed([f'{one.name} ({show_difference(one.pair.difference.mean, comparison)})' for one in group])}"
        for words, group in groups.items()
        if group
    )
