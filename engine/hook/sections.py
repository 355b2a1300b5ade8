"""A text in sections that fits into a budget of characters, counted as JavaScript does.

What is too long is shortened in one order, `ORDER`, unit by unit, each loss marked in the text, and
only as far as the budget asks: the oldest sessions go first, then technologies, then the names of
rules that do not block, then the merged context, then the SOP is cut, then the description, at last
the names of blocking rules. The head, the acceptance criteria and the warnings stay whole. What is
still too long then is cut at its end.

A text is the longest that this order allows: no section could have its next unit back, and a
larger budget never gives less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from engine.context.measure import characters
from engine.hook.shortening import Way


class Part(StrEnum):
    """A section, in the order in which they are written."""

    HEAD = "head"
    DESCRIPTION = "description"
    ACCEPTANCE = "acceptance criteria"
    RULES = "rules"
    SOP = "SOP"
    CONTEXT = "merged context"
    FACTS = "technologies"
    SESSIONS = "recent sessions"
    WARNINGS = "warnings"


class Step(NamedTuple):
    """One step of shortening: a section, and which of its ways."""

    part: Part
    way: int


ORDER: tuple[Step, ...] = (
    Step(Part.SESSIONS, 0),
    Step(Part.FACTS, 0),
    Step(Part.RULES, 0),
    Step(Part.RULES, 1),
    Step(Part.CONTEXT, 0),
    Step(Part.SOP, 0),
    Step(Part.CONTEXT, 1),
    Step(Part.SOP, 1),
    Step(Part.DESCRIPTION, 0),
    Step(Part.RULES, 2),
    Step(Part.DESCRIPTION, 1),
)
"""What gives way first."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section: the whole, and how it may be shortened."""

    part: Part
    whole: str
    ways: Callable[[], Sequence[Way]] = tuple
    """Asked for only where the text is too long; none for a section that stays whole."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How much of a section was written."""

    part: Part
    characters: int
    whole_characters: int

    @property
    def shortened(self) -> bool:
        """Whether the whole was longer."""
        return self.characters < self.whole_characters


@dataclass(frozen=True, slots=True)
class Written:
    """A text, and what became of its sections."""

    text: str
    characters: int
    whole_characters: int
    """Of the text without any budget."""
    budget: int | None
    sections: tuple[Measured, ...]
    """What of each is in the text; the blank lines between them are in none."""

    @property
    def shortened(self) -> bool:
        """Whether the budget has cost anything."""
        return self.characters < self.whole_characters or any(
            one.shortened for one in self.sections
        )


_SEPARATOR = "\n\n"
_END_MARK = "\n[… the end is cut: {budget:,} characters are the budget]"


def write_sections(sections: Sequence[Section], budget: int | None) -> Written:
    """The sections' text within `budget` characters; None is no bound."""
    whole = {section.part: section.whole for section in sections if section.whole}
    chosen = dict(whole)
    if budget is not None and characters(_joined(whole)) > budget:
        ways = {section.part: section.ways() for section in sections if section.whole}
        _take(chosen, ways, budget)
        _give_back(chosen, whole, ways, budget)
    text = _joined(chosen)
    kept = characters(text)
    if budget is not None and kept > budget:
        mark = _END_MARK.format(budget=budget)
        beginning = _first(text, budget - characters(mark))
        text, kept = beginning + mark, characters(beginning)
    measured = _measured(chosen, whole, kept)
    in_all = sum(one.whole_characters for one in measured)
    between = characters(_SEPARATOR) * (len(measured) - 1) if measured else 0
    return Written(text, characters(text), in_all + between, budget, measured)


def _measured(
    chosen: Mapping[Part, str], whole: Mapping[Part, str], kept: int
) -> tuple[Measured, ...]:
    """How much of each section is among the first `kept` characters of what was chosen."""
    found, begin = [], 0
    for part in (part for part in Part if part in chosen):
        length = characters(chosen[part])
        there = min(max(kept - begin, 0), length)
        found.append(Measured(part, there, characters(whole[part])))
        begin += length + characters(_SEPARATOR)
    return tuple(found)


def _take(chosen: dict[Part, str], ways: Mapping[Part, Sequence[Way]], budget: int) -> None:
    """Shorten section after section, until the text fits or all steps are taken."""
    excess = characters(_joined(chosen)) - budget
    for part, number in ORDER:
        if excess <= 0:
            return
        if number >= len(ways.get(part, ())):
            continue
        way, now = ways[part][number], characters(chosen[part])
        shorter = way.longest(now - excess) or way.shortest()
        saved = now - characters(shorter)
        if saved > 0:
            chosen[part] = shorter
            excess -= saved


def _give_back(
    chosen: dict[Part, str],
    whole: Mapping[Part, str],
    ways: Mapping[Part, Sequence[Way]],
    budget: int,
) -> None:
    """Use the room that the last unit has left for smaller ones, what matters most first."""
    room = budget - characters(_joined(chosen))
    for part in dict.fromkeys(step.part for step in reversed(ORDER)):
        if room <= 0:
            return
        if part not in chosen or chosen[part] == whole[part]:
            continue
        allowance = characters(chosen[part]) + room
        chosen[part] = _longest(whole[part], ways[part], allowance) or chosen[part]
        room = allowance - characters(chosen[part])


def _longest(whole: str, ways: Sequence[Way], allowance: int) -> str | None:
    """What loses least of a section within `allowance` characters; None if nothing fits."""
    if characters(whole) <= allowance:
        return whole
    return next((text for way in ways if (text := way.longest(allowance))), None)


def _first(text: str, length: int) -> str:
    """The longest beginning of at most `length` characters."""
    if characters(text) <= length:
        return text
    length = max(length, 0)
    kept = text[:length]
    while characters(kept) > length:
        # Each character beyond the first plane counts twice; a few rounds find the place.
        kept = kept[: len(kept) - max(1, (characters(kept) - length) // 2)]
    return kept


def _joined(chosen: Mapping[Part, str]) -> str:
    return _SEPARATOR.join(chosen[part] for part in Part if part in chosen)
