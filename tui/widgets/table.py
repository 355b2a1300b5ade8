"""Columns that share a width: what matters least is left out first, nothing is cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tui.text import BLANK, Item, Line, Piece, fit, line, pad


class Column(NamedTuple):
    """One column of a table."""

    title: str
    width: int
    """Cells; for a flexible column the least it needs."""
    right: bool = False
    rank: int = 0
    """Where room is short, columns of the lowest rank go first."""
    flexible: bool = False
    """Takes what is left over."""


class FittedColumn(NamedTuple):
    """A column that is shown, with its final width."""

    position: int
    column: Column
    width: int


def fit_columns(columns: Sequence[Column], width: int, gap: int = 2) -> list[FittedColumn]:
    """The columns that fit in `width` cells, in their order."""
    shown = list(range(len(columns)))

    def needed() -> int:
        return sum(columns[i].width for i in shown) + gap * max(0, len(shown) - 1)

    while len(shown) > 1 and needed() > width:
        shown.remove(min(shown, key=lambda i: (columns[i].rank, -i)))
    spare = max(0, width - needed())
    flexible = [i for i in shown if columns[i].flexible]
    fitted = []
    for i in shown:
        extra = 0
        if i in flexible:
            share, rest = divmod(spare, len(flexible))
            extra = share + (rest if i == flexible[-1] else 0)
        fitted.append(FittedColumn(i, columns[i], columns[i].width + extra))
    return fitted


def table_row(
    fitted: Sequence[FittedColumn], cells: Sequence[Line | Item | str], gap: int = 2
) -> Line:
    """One row; `cells` are those of all columns, shown or not.

    An item is shown in the longest of its variants that has room.
    """
    pieces: list[Piece] = []
    for position, (index, column, width) in enumerate(fitted):
        if position:
            pieces.append(Piece(" " * gap))
        cell = cells[index]
        if isinstance(cell, Item):
            content = fit([cell], width)
        else:
            content = line(cell) if isinstance(cell, str) else cell
        pieces.extend(pad(content or BLANK, width, right=column.right))
    return tuple(pieces)


def table_header(fitted: Sequence[FittedColumn], gap: int = 2) -> Line:
    """The titles of the shown columns."""
    titles: dict[int, Line] = {f.position: line(Piece(f.column.title, "muted")) for f in fitted}
    most = max(titles, default=-1) + 1
    return table_row(fitted, [titles.get(i, BLANK) for i in range(most)], gap)
