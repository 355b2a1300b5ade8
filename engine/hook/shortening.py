"""Ways of shortening a section, one unit after the other, each version with a mark of the loss.

Within a way the versions get no longer with every unit taken away: a piece of text is never
shorter than the sign that takes its place. The longest that fits is therefore found by bisection.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.context.measure import characters

_LONGEST_PIECE = 200
_SHORTEST_PIECE = 20
# A line or a sentence; of a longer one as many words as there is room for, at last characters.
_PIECE = re.compile(
    rf"[^\n]{{0,{_LONGEST_PIECE - 1}}}?(?:\n|[.!?][ \t])"
    rf"|[^\n]{{1,{_LONGEST_PIECE}}}(?=[ \t\n]|\Z)"
    rf"|[^\n]{{1,{_LONGEST_PIECE}}}"
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way of shortening: the versions that keep `least` to `most` units."""

    most: int
    least: int
    write: Callable[[int], str]
    """The section with so many units kept."""

    def longest(self, allowance: int) -> str | None:
        """The version of at most `allowance` characters that keeps most; None if none fits."""
        kept = range(self.least, self.most + 1)
        fitting = bisect_right(kept, allowance, key=lambda one: characters(self.write(one)))
        return self.write(kept[fitting - 1]) if fitting else None

    def shortest(self) -> str:
        """What is left when all units are gone."""
        return self.write(self.least)


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of a section, as the places in its text behind which it may end."""

    text: str
    ends: tuple[int, ...]

    def kept(self, units: int) -> str:
        """The entry with so many of its units, and a sign where some are missing."""
        if units >= len(self.ends):
            return self.text
        return f"{self.text[: self.ends[units - 1]].rstrip()}…" if units else ""


def entry(text: str, begin: int = 0) -> Entry:
    """An entry that may end behind each line or sentence from the character `begin` on."""
    return Entry(text, piece_ends(text, begin))


def piece_ends(text: str, begin: int = 0) -> tuple[int, ...]:
    """Where the lines and sentences of `text` end, from the character `begin` on.

    A long sentence has several ends. Too short a piece belongs to the one before it: `e.g. ` is
    no sentence of its own.
    """
    ends: list[int] = [begin] if begin else []
    for match in _PIECE.finditer(text, begin):
        if len(ends) > bool(begin) and match.end() - match.start() < _SHORTEST_PIECE:
            ends[-1] = match.end()
        else:
            ends.append(match.end())
    return tuple(ends)


def from_the_end(
    heading: str, entries: Sequence[Entry], mark: Callable[[int], str], always: int = 0
) -> Way:
    """The units of the last entry go first, then those of the one before it.

    Args:
        heading: the section's first line.
        entries: its parts, one below the other.
        mark: the line that says how many entries are not whole.
        always: units of each entry that stay.
    """
    removable = [max(len(one.ends) - always, 0) for one in entries]

    def write(kept: int) -> str:
        lines, left, whole = [heading], kept, 0
        for one, units in zip(entries, removable, strict=True):
            taken = min(units, left)
            left -= taken
            text = one.kept(len(one.ends) - units + taken)
            whole += taken == units
            if text:
                lines.append(text)
        return "\n".join([*lines, mark(len(entries) - whole)])

    return Way(max(sum(removable) - 1, 0), 0, write)


def cut_ways(heading: str, body: str, floor: int) -> tuple[Way, ...]:
    """A text that loses its end: first down to `floor` characters of the section, then all."""
    mark = f"[… cut: {characters(heading) + 1 + characters(body):,} characters in all]"
    ends = piece_ends(body)

    def write(kept: int) -> str:
        beginning = body[: ends[kept - 1]].rstrip() if kept else ""
        return "\n".join(line for line in (heading, beginning, mark) if line)

    most = max(len(ends) - 1, 0)
    # The fewest units that leave the floor.
    least = bisect_right(range(most + 1), floor - 1, key=lambda one: characters(write(one)))
    down = Way(most, least, write) if least <= most else Way(0, 0, lambda _: f"{heading}\n{body}")
    return down, Way(most, 0, write)
