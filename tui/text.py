"""Lines of styled text as plain data, and the few operations that lay them out.

Panels paint themselves as lines of pieces; nothing here knows of Textual, so a panel's content
can be tested without an app. Widths are terminal cells. A word is cut only where it is too wide
alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, chop_cells, set_cell_size

_BOUND = "\N{NO-BREAK SPACE}"
"""Stands for a blank at which a line is not broken."""
_FIGURE_AND_UNIT = re.compile(r"(?<=\d) (?=(?:%|ms|s|min|h|d|day|days|B|KB|MB|GB)(?!\w))")


class Piece(NamedTuple):
    """A run of text in one role."""

    text: str
    role: str = ""
    """Name of a role in `tui.palette`; empty is ordinary text."""
    click: str = ""
    """Textual action that a mouse click on it runs, for example `app.undo`."""


Line = tuple[Piece, ...]
BLANK: Line = ()
TWO_BLANKS: Line = (Piece("  "),)


def line(*parts: Piece | str) -> Line:
    """A line from pieces; plain text becomes a piece without role."""
    return tuple(part if isinstance(part, Piece) else Piece(part) for part in parts)


def width_of(pieces: Iterable[Piece]) -> int:
    """Cells that the pieces take."""
    return sum(cell_len(piece.text) for piece in pieces)


def plain(pieces: Iterable[Piece]) -> str:
    """The text without its roles."""
    return "".join(piece.text for piece in pieces)


def clip(text: str, width: int) -> str:
    """`text` in at most `width` cells, shortened between words and marked with an ellipsis.

    A single word that is too long alone (a path, an identifier) is shortened within.
    """
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    head = set_cell_size(text, width - 1)
    if not text[len(head.rstrip()) :][:1].isspace():
        shorter = head.rsplit(" ", 1)[0] if " " in head.strip() else head
        head = shorter if cell_len(shorter) >= width // 3 else head
    return head.rstrip(" ,;:·") + "…"


def pad(pieces: Line, width: int, *, right: bool = False) -> Line:
    """The line brought to exactly `width` cells; `right` aligns it to the right edge.

    A line that is too wide is clipped piece by piece.
    """
    have = width_of(pieces)
    if have == width:
        return pieces
    if have < width:
        blank = Piece(" " * (width - have))
        return (blank, *pieces) if right else (*pieces, blank)
    kept: list[Piece] = []
    room = width
    for piece in pieces:
        needed = cell_len(piece.text)
        if needed <= room:
            kept.append(piece)
            room -= needed
            continue
        kept.append(piece._replace(text=clip(piece.text, room)))
        break
    return pad(tuple(kept), width)


def spread(left: Line, right: Line, width: int, fill: Piece | None = None) -> Line:
    """`left` and `right` at the two ends of `width` cells; `right` is left out if it has no room."""
    filler = fill or Piece(" ")
    room = width - width_of(left) - width_of(right)
    if room < 1:
        return pad(left, width)
    return (*left, filler._replace(text=filler.text * room), *right)


class Item(NamedTuple):
    """One part of a line, in variants from long to short; it may be left out altogether."""

    variants: tuple[Line, ...]
    rank: int = 0
    """What is ranked lower is shortened first."""


def item(*variants: Line | str, rank: int = 0) -> Item:
    """An item from its variants, long to short; an empty last variant lets it vanish."""
    return Item(tuple(line(v) if isinstance(v, str) else v for v in variants), rank)


def fit(items: Sequence[Item], width: int, separator: Line = TWO_BLANKS) -> Line:
    """The items joined in their order, shortened by rank until they fit in `width` cells."""
    chosen = [0] * len(items)
    between = width_of(separator)
    widths = [[width_of(variant) for variant in entry.variants] for entry in items]

    def total() -> int:
        used = [widths[i][chosen[i]] for i in range(len(items))]
        shown = [w for w in used if w]
        return sum(shown) + between * max(0, len(shown) - 1)

    while total() > width:
        open_to = [i for i in range(len(items)) if chosen[i] + 1 < len(items[i].variants)]
        if not open_to:
            break
        # Of equal rank, the one that has been shortened least goes first, from the right.
        chosen[min(open_to, key=lambda i: (items[i].rank, chosen[i], -i))] += 1
    joined: list[Piece] = []
    for entry, variant in zip(items, chosen, strict=True):
        pieces = entry.variants[variant]
        if not width_of(pieces):
            continue
        if joined:
            joined.extend(separator)
        joined.extend(pieces)
    return tuple(joined)


def wrap(text: str, width: int) -> list[str]:
    """`text` broken into lines of at most `width` cells, between words; breaks and indents kept.

    A figure stays with its unit.
    """
    lines: list[str] = []
    bound = _FIGURE_AND_UNIT.sub(_BOUND, text.expandtabs(4))
    for paragraph in bound.split("\n"):
        current = ""
        for number, word in enumerate(paragraph.split(" ")):
            candidate = f"{current} {word}" if number else word
            if cell_len(candidate) <= width:
                current = candidate
                continue
            if current.strip():
                lines.append(current)
            current = word
            if cell_len(current) > width:
                *full, current = chop_cells(current, width)
                lines.extend(full)
        lines.append(current)
    return [row.replace(_BOUND, " ") for row in lines]
