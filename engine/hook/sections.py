"""A text in sections that fits into a budget of characters, counted as JavaScript does.

What is too long is shortened in one order, `ORDER`, each step marked in the text, and only as far
as the budget asks: the oldest sessions go first, then technologies, then the names of rules that
do not block, then the merged context, then the SOP is cut, then the description, at last the names
of blocking rules. What a later step has made room for again is given back. The head, the
acceptance criteria and the warnings stay whole. What is still too long then is cut at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.context.measure import characters


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


@dataclass(frozen=True, slots=True)
class Step:
    """One step of shortening: down to the version of this index, or cut down to `floor`."""

    part: Part
    version: int | None = None
    floor: int = 0


LAST = 99
"""As a version: the shortest that there is."""

ORDER: tuple[Step, ...] = (
    Step(Part.SESSIONS, LAST),
    Step(Part.FACTS, LAST),
    Step(Part.RULES, 1),
    Step(Part.RULES, 2),
    Step(Part.CONTEXT, 1),
    Step(Part.SOP, floor=2_000),
    Step(Part.CONTEXT, LAST),
    Step(Part.SOP, floor=0),
    Step(Part.DESCRIPTION, floor=500),
    Step(Part.RULES, LAST),
    Step(Part.DESCRIPTION, floor=0),
)
"""What gives way first."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section; its versions go from the whole to the shortest, each with its mark in it."""

    part: Part
    versions: tuple[str, ...]


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
    chosen = {section.part: section.versions[0] for section in sections if section.versions[0]}
    versions = {section.part: section.versions for section in sections}
    if budget is not None:
        for step in ORDER:
            _take(step, chosen, versions, budget)
        _give_back(chosen, versions, budget)
    text = _joined(chosen)
    kept = characters(text)
    if budget is not None and kept > budget:
        mark = _END_MARK.format(budget=budget)
        beginning = _first(text, budget - characters(mark))
        text, kept = beginning + mark, characters(beginning)
    measured = _measured(chosen, versions, kept)
    whole = sum(one.whole_characters for one in measured)
    between = characters(_SEPARATOR) * (len(measured) - 1) if measured else 0
    return Written(text, characters(text), whole + between, budget, measured)


def _measured(
    chosen: dict[Part, str], versions: dict[Part, tuple[str, ...]], kept: int
) -> tuple[Measured, ...]:
    """How much of each section is among the first `kept` characters of what was chosen."""
    found, begin = [], 0
    for part in (part for part in Part if part in chosen):
        length = characters(chosen[part])
        there = min(max(kept - begin, 0), length)
        found.append(Measured(part, there, characters(versions[part][0])))
        begin += length + characters(_SEPARATOR)
    return tuple(found)


def _take(
    step: Step, chosen: dict[Part, str], versions: dict[Part, tuple[str, ...]], budget: int
) -> None:
    """Shorten one section as far as this step may and the budget asks."""
    excess = characters(_joined(chosen)) - budget
    text = chosen.get(step.part)
    if excess <= 0 or not text:
        return
    if step.version is None:
        whole = versions[step.part][0]
        chosen[step.part] = _cut(whole, max(step.floor, characters(text) - excess))
        return
    known = versions[step.part]
    for version in known[1 : step.version + 1]:
        if excess <= 0:
            return
        if characters(version) < characters(chosen[step.part]):
            excess -= characters(chosen[step.part]) - characters(version)
            chosen[step.part] = version


def _give_back(chosen: dict[Part, str], versions: dict[Part, tuple[str, ...]], budget: int) -> None:
    """A step takes a whole version, maybe more than was needed: use the room that is left."""
    room = budget - characters(_joined(chosen))
    for part in dict.fromkeys(step.part for step in reversed(ORDER)):
        for version in versions.get(part, ()) if part in chosen else ():
            growth = characters(version) - characters(chosen[part])
            if growth <= 0:
                break
            if growth <= room:
                chosen[part] = version
                room -= growth
                break


def _cut(text: str, length: int) -> str:
    """The section's beginning, at the end of a line where one is near, with a mark."""
    if characters(text) <= length:
        return text
    heading, _, body = text.partition("\n")
    whole = characters(text)
    mark = f"\n[… cut: {whole:,} characters in all]"
    room = length - characters(heading) - characters(mark) - 1
    kept = _first(body, max(room, 0))
    line_end = kept.rfind("\n")
    if line_end > len(kept) // 2:
        kept = kept[:line_end]
    shorter = f"{heading}\n{kept}{mark}" if kept.strip() else f"{heading}{mark}"
    return shorter if characters(shorter) < whole else text


def _first(text: str, length: int) -> str:
    """The longest beginning of at most `length` characters."""
    if characters(text) <= length:
        return text
    kept = text[: max(length, 0)]
    while characters(kept) > length:
        # Each character beyond the first plane counts twice; a few rounds find the place.
        kept = kept[: len(kept) - max(1, (characters(kept) - length) // 2)]
    return kept


def _joined(chosen: dict[Part, str]) -> str:
    return _SEPARATOR.join(chosen[part] for part in Part if part in chosen)
