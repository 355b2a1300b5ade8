"""The project's rules: compiled once, then selected by an agent's capabilities."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from sys import intern
from typing import Any, Final, NamedTuple

from engine.context.capabilities import Capabilities, rule_categories
from engine.context.decode import UnusableError, as_text, unusable
from engine.context.json_text import JsonTextError, decode_json
from engine.storage.rows import Cell, Row

BLOCK: Final = "BLOCK"
_LEVEL_TITLES: Final = {
    BLOCK: "🚨 BLOCK",
    "LIMIT": "⚠️ LIMIT",
    "GUIDE": "💡 GUIDE",
    "ENHANCE": "✨ ENHANCE",
}
_WITHOUT_CATEGORY: Final = "General"
_RULE_ID: Final = re.compile(r"[A-Z]{2,4}-\d{3}")
_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NAME_LENGTHS: Final = range(3, 101)
_LONGEST: Final = {
    "description": 500,
    "category": 100,
    "validation_logic": 1000,
    "error_message": 500,
}
_MOST_SELECTIONS: Final = 256


class Rule(NamedTuple):
    """What a TaskStart needs of a rule."""

    rule_id: str
    category: str
    """Empty where the rule has none."""
    level: str


@dataclass(frozen=True, slots=True)
class SelectedRules:
    """The rules that concern one set of capabilities, in AgentPM's order."""

    rule_ids: tuple[str, ...]
    blocking_ids: tuple[str, ...]
    summary: str
    warning: str | None
    """How many rules were loaded; None where none were."""


class RuleSet:
    """All usable enabled rules of a project; a selection is made once per capability set."""

    __slots__ = ("_selections", "rules", "warnings")

    def __init__(self, rules: tuple[Rule, ...], warnings: tuple[str, ...] = ()) -> None:
        self.rules = rules
        self.warnings = warnings
        """One for each rule that was left out."""
        self._selections: dict[Capabilities, SelectedRules] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return (RuleSet, (self.rules, self.warnings))

    def select(self, capabilities: Capabilities) -> SelectedRules:
        """The rules for an agent with these capabilities; without any, all of them."""
        selected = self._selections.get(capabilities)
        if selected is None:
            selected = _select(self.rules, capabilities)
            if len(self._selections) >= _MOST_SELECTIONS:
                self._selections.clear()
            self._selections[capabilities] = selected
        return selected


def compile_rules(rows: Iterable[Row]) -> RuleSet:
    """Check and compile rules, in the order given; an unusable one is left out with a warning."""
    rules: list[Rule] = []
    warnings: list[str] = []
    for row in rows:
        try:
            rules.append(_compile(row))
        except _UnusableColumnError as error:
            warnings.append(unusable("rules", row[0], error.column, str(error)))
    return RuleSet(tuple(rules), tuple(warnings))


class _UnusableColumnError(Exception):
    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column


def _compile(row: Row) -> Rule:
    _, _, rule_id, name, description, category, level, logic, message, config, enabled = row
    identity = _text("rule_id", rule_id)
    if identity is None or not _RULE_ID.fullmatch(identity):
        raise _UnusableColumnError("rule_id", "not like AB-123")
    label = _text("name", name)
    if label is None or len(label) not in _NAME_LENGTHS or not _NAME.fullmatch(label):
        raise _UnusableColumnError(
            "name", "not 3 to 100 lower-case letters, digits and inner hyphens"
        )
    texts = {"description": description, "validation_logic": logic, "error_message": message}
    for column, cell in texts.items():
        _text(column, cell, _LONGEST[column])
    group = _text("category", category, _LONGEST["category"])
    strictness = _text("enforcement_level", level)
    if strictness not in _LEVEL_TITLES:
        raise _UnusableColumnError("enforcement_level", "not BLOCK, LIMIT, GUIDE or ENHANCE")
    if enabled != 1:
        raise _UnusableColumnError("enabled", "not 1")
    _check_config(config)
    return Rule(identity, intern(group or ""), intern(strictness))


def _text(column: str, cell: Cell, longest: int | None = None) -> str | None:
    if cell is None:
        return None
    if type(cell) is not str:
        try:
            cell = as_text(cell)
        except UnusableError as error:
            raise _UnusableColumnError(column, str(error)) from None
    if cell is not None and longest is not None and len(cell) > longest:
        raise _UnusableColumnError(column, f"longer than {longest} characters")
    return cell


def _check_config(cell: Cell) -> None:
    """A rule's configuration has no effect on a TaskStart, but must be an object to count."""
    text = _text("config", cell)
    if not text:
        return
    try:
        value = decode_json(text)
    except JsonTextError:
        value = _from_yaml(text)
    if value is not None and not isinstance(value, dict):
        raise _UnusableColumnError("config", "not an object")


def _from_yaml(text: str) -> Any:
    import yaml  # costs 15 ms to import, for a form that hardly any rule has

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None  # AgentPM takes what is neither JSON nor YAML for an empty configuration


def _select(rules: tuple[Rule, ...], capabilities: Capabilities) -> SelectedRules:
    if capabilities:
        wanted = rule_categories(capabilities)
        kept = [rule for rule in rules if not rule.category or rule.category in wanted]
    else:
        kept = list(rules)
    blocking = tuple(rule.rule_id for rule in kept if rule.level == BLOCK)
    warning = f"Loaded {len(kept)} rules ({len(blocking)} BLOCK)" if kept else None
    return SelectedRules(tuple(rule.rule_id for rule in kept), blocking, _summarize(kept), warning)


def _summarize(rules: list[Rule]) -> str:
    lines = []
    for level, title in _LEVEL_TITLES.items():
        categories = [rule.category or _WITHOUT_CATEGORY for rule in rules if rule.level == level]
        if categories:
            lines.append(f"{title} ({len(categories)}): {', '.join(sorted(set(categories)))}")
    return "\n".join(lines)
