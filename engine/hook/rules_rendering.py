"""The rules in the `full` rendering: blocking ones first, with what they say; the others by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.hook.queries import RuleTitle
from engine.hook.sections import Part, Section
from engine.hook.shortening import Way

_BLOCK = "BLOCK"
_SOFTER_LEVELS = ("LIMIT", "GUIDE", "ENHANCE")


def rules_section(
    rule_ids: Sequence[str], blocking_ids: Sequence[str], titles: Mapping[str, RuleTitle]
) -> Section:
    """The rules that apply.

    What is too long loses the names of rules that do not block, one by one from the last on, then
    their ids, at last the names of blocking rules.
    """
    if not rule_ids:
        return Section(Part.RULES, "")
    blocking = frozenset(blocking_ids)
    softer = [
        titles.get(rule_id, RuleTitle(rule_id, "", _SOFTER_LEVELS[0], ""))
        for rule_id in rule_ids
        if rule_id not in blocking
    ]
    heading = f"## Rules that apply ({len(rule_ids)}, of which {len(blocking_ids)} block)"
    rules = _Rules(
        heading,
        [titles.get(rule_id, RuleTitle(rule_id, "", _BLOCK, "")) for rule_id in blocking_ids],
        [one for level in _SOFTER_LEVELS for one in softer if one.level == level],
    )
    return Section(Part.RULES, rules.whole(), rules.ways)


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules in the order in which they are written."""

    heading: str
    blocking: Sequence[RuleTitle]
    softer: Sequence[RuleTitle]

    def whole(self) -> str:
        return self._written(len(self.blocking), len(self.softer), len(self.softer), "")

    def ways(self) -> tuple[Way, ...]:
        return (
            Way(max(len(self.softer) - 1, 0), 0, self._fewer_names),
            Way(max(len(self.softer) - 1, 0), 0, self._fewer_ids),
            Way(max(len(self.blocking) - 1, 0), 0, self._fewer_blocking_names),
        )

    def _fewer_names(self, kept: int) -> str:
        left = sum(bool(one.name) for one in self.softer[kept:])
        mark = f"[… names of rules that do not block left out: {left}]"
        return self._written(len(self.blocking), len(self.softer), kept, mark)

    def _fewer_ids(self, kept: int) -> str:
        left = len(self.softer) - kept
        mark = f"[… rules that do not block are without their names, left out: {left}]"
        return self._written(len(self.blocking), kept, 0, mark)

    def _fewer_blocking_names(self, kept: int) -> str:
        mark = f"[… names of blocking rules left out: {len(self.blocking) - kept}"
        if self.softer:
            mark += f"; rules that do not block: {len(self.softer)}"
        return self._written(kept, 0, 0, f"{mark}]")

    def _written(self, described: int, softer: int, named: int, mark: str) -> str:
        """So many rules that block in full, of the others so many at all and so many by name."""
        lines = [self.heading]
        lines += [f"- {_BLOCK} {_described(one)}" for one in self.blocking[:described]]
        if self.blocking[described:]:
            lines.append(
                f"- {_BLOCK} {', '.join(one.rule_id for one in self.blocking[described:])}"
            )
        by_level: dict[str, list[str]] = {}
        for place, one in enumerate(self.softer[:softer]):
            by_level.setdefault(one.level, []).append(_named(one) if place < named else one.rule_id)
        lines += [f"- {level} {', '.join(names)}" for level, names in by_level.items()]
        return "\n".join([*lines, mark] if mark else lines)


def _named(title: RuleTitle) -> str:
    return f"{title.rule_id} {title.name}".strip()


def _described(title: RuleTitle) -> str:
    return f"{_named(title)}: {title.description}" if title.description else _named(title)
