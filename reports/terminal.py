"""The table of the answer in a terminal: a line ends between words, never within one that fits."""

from collections.abc import Collection, Sequence
from typing import Any

LONGEST, BETWEEN, EDGE = 30, 2, 1  # the longest word kept whole; the extra width of a column and of the table


def table_of(
    answer: str,
    rows: Sequence[dict[str, Any]],
    caption: str,
    width: int | None = None,
    further: Collection[str] = (),
) -> Any:
    """The answer, and under it as many columns as fit into the terminal; the caption names the others.

    The columns of `further` are shown only where they leave the numbers of the others on one line.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    wide = width or Console().width
    widths = layout(rows if not further else with_room(rows, wide, further), wide)
    missing = [column for column in rows[0] if column not in widths]
    caption = " ".join(caption.split())
    below = f"{caption} Not shown here: {', '.join(missing)}." if missing else caption
    style: dict[str, Any] = {"title_justify": "left", "title_style": "bold", "caption_justify": "left"}
    table = Table(
        title=Text(answer), caption=Text(below), box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, **style
    )
    for column, own in widths.items():
        table.add_column(Text(column), width=own, justify="left" if is_text(column) else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(row[column])) for column in widths))
    return table


def layout(rows: Sequence[dict[str, Any]], width: int) -> dict[str, int]:
    """The columns that fit, from the first on, with their widths: text columns shrink first, down to their longest word.

    >>> rows = [{"": "a long name", "p": "0.25", "d": "1.5"}]
    >>> layout(rows, 25), layout(rows, 18), layout(rows, 17)
    ({'': 11, 'p': 4, 'd': 3}, {'': 4, 'p': 4, 'd': 3}, {'': 8, 'p': 4})
    """
    texts = {column: [column, *(str(row[column]) for row in rows)] for column in rows[0]}
    least = {column: min(LONGEST, max(longest_word(text) for text in words)) for column, words in texts.items()}
    room, widths = width - EDGE, dict[str, int]()
    for column in texts:
        if widths and room < least[column] + BETWEEN:
            break
        widths[column] = min(least[column], room - BETWEEN)
        room -= widths[column] + BETWEEN
    for column in sorted(widths, key=is_text):  # numbers first: they stay on one line if they can
        more = min(room, max(map(cells, texts[column])) - widths[column])
        widths[column], room = widths[column] + max(0, more), room - max(0, more)
    return widths


def with_room(rows: Sequence[dict[str, Any]], width: int, further: Collection[str]) -> list[dict[str, Any]]:
    """The rows without those further columns that would not fit beside whole numbers.

    >>> rows = [{"": "a", "p": "0.25", "share(a < 1)": "0.5 ± 0.1"}]
    >>> [list(*with_room(rows, width, ["share(a < 1)"])) for width in (21, 20)]
    [['', 'p', 'share(a < 1)'], ['', 'p']]
    """

    def least(column: str) -> int:
        measure = longest_word if is_text(column) else cells
        return max(longest_word(column), *(measure(str(row[column])) for row in rows)) + BETWEEN

    room = width - EDGE - sum(least(column) for column in rows[0] if column not in further)
    kept: list[str] = []
    for column in rows[0]:
        if column in further and least(column) <= room:
            room, kept = room - least(column), [*kept, column]
    left_out = set(further) - set(kept)
    return [{column: value for column, value in row.items() if column not in left_out} for row in rows]


def is_text(column: str) -> bool:
    return column in ("", "chosen")


def longest_word(text: str) -> int:
    return max(map(cells, text.split()), default=0)


def cells(text: str) -> int:
    """How many terminal columns a text takes: an emoji takes two."""
    from rich.cells import cell_len

    return cell_len(text)
