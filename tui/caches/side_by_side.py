"""Two texts beside each other, line by line, with the words that differ marked."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells

from tui.text import BLANK, Line, Piece, line, pad

_AROUND = 2
"""Lines shown before and after a difference."""
_OLD, _NEW = "failed", "ok"

_Words = list[tuple[str, str]]
"""Words with their roles."""


def side_by_side(old: str, new: str, width: int) -> list[Line]:
    """`old` at the left, `new` at the right; long stretches without difference are folded."""
    half = max(10, (width - 3) // 2)
    rows = [
        (
            *pad(line(Piece("served", "title")), half),
            Piece("   "),
            *pad(line(Piece("right at that moment", "title")), half),
        )
    ]
    before, after = old.splitlines(), new.splitlines()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            rows += _same(before[i1:i2], half, first=i1 == 0, last=i2 == len(before))
        else:
            rows += _different(before[i1:i2], after[j1:j2], half)
    return rows


def _same(lines: list[str], half: int, *, first: bool, last: bool) -> Iterator[Line]:
    head = 0 if first else _AROUND
    tail = 0 if last else _AROUND
    hidden = len(lines) - head - tail
    shown = lines if hidden <= 1 else lines[:head] + lines[len(lines) - tail :]
    for index, text in enumerate(shown):
        if hidden > 1 and index == head:
            yield _fold(hidden)
        yield from _pair([(text, "muted")], [(text, "muted")], half, " │ ")
    if hidden > 1 and head == len(shown):
        yield _fold(hidden)


def _fold(hidden: int) -> Line:
    return line(Piece(f"… {hidden} lines the same", "muted"))


def _different(old: list[str], new: list[str], half: int) -> Iterator[Line]:
    for index in range(max(len(old), len(new))):
        left = old[index] if index < len(old) else None
        right = new[index] if index < len(new) else None
        if left is not None and right is not None:
            yield from _pair(*_marked(left, right), half, " ≠ ")
        elif left is not None:
            yield from _pair([(word, _OLD) for word in left.split(" ")], [], half, " - ")
        elif right is not None:
            yield from _pair([], [(word, _NEW) for word in right.split(" ")], half, " + ")


def _marked(old: str, new: str) -> tuple[_Words, _Words]:
    """The words of both; those that the other does not have are marked."""
    before, after = old.split(" "), new.split(" ")
    left: _Words = []
    right: _Words = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        same = tag == "equal"
        left += [(word, "" if same else _OLD) for word in before[i1:i2]]
        right += [(word, "" if same else _NEW) for word in after[j1:j2]]
    return left, right


def _pair(left: _Words, right: _Words, half: int, between: str) -> Iterator[Line]:
    lefts, rights = wrap_words(left, half), wrap_words(right, half)
    role = "muted" if between.strip() == "│" else "warn"
    for index in range(max(len(lefts), len(rights))):
        one = lefts[index] if index < len(lefts) else BLANK
        other = rights[index] if index < len(rights) else BLANK
        yield (*pad(one, half), Piece(between, role), *pad(other, half))


def wrap_words(words: _Words, width: int) -> list[Line]:
    """Words with roles, broken into lines of at most `width` cells."""
    rows: list[Line] = []
    current: list[Piece] = []
    room = width
    for text, role in words:
        for part in _parts(text, width):
            needed = cell_len(part) + (1 if current else 0)
            if needed > room:
                rows.append(tuple(current))
                current, room = [], width
                needed = cell_len(part)
            current.append(Piece(f" {part}" if current else part, role))
            room -= needed
    return [*rows, tuple(current)] if current or not rows else rows


def _parts(text: str, width: int) -> list[str]:
    """A text as its words; one that is wider than a line is cut."""
    parts: list[str] = []
    for word in text.split(" "):
        parts += chop_cells(word, width) if cell_len(word) > width else [word]
    return parts
