"""Plugin facts: what AgentPM detected of the project's technologies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from engine.context.capabilities import Capabilities, keeps_technology
from engine.context.decode import UnusableError, unusable
from engine.context.sixw import as_optional_object
from engine.storage.rows import CONTEXT_COLUMNS, Row

_EXPECTED_PLUGINS: Final = 5
_FACTS_COLUMN: Final = CONTEXT_COLUMNS.index("confidence_factors")
_MOST_SELECTIONS: Final = 256
"""How many capability sets are remembered; agents share far fewer."""


@dataclass(frozen=True, slots=True)
class SelectedFacts:
    """The facts that concern one set of capabilities."""

    value: dict[str, Any]
    removed: int
    lines: str
    """The rendered list of technologies, one line each; empty where there are none."""


@dataclass(frozen=True, slots=True)
class PluginFacts:
    """All plugin facts of a project, decoded once. What it hands out is shared: do not change it."""

    value: dict[str, Any]
    """As stored, in the order of the JSON's keys."""
    quality: float
    """From 0 to 1."""
    warnings: tuple[str, ...] = ()
    spoils_row: bool = False
    """The column is unusable, and the whole context row with it."""
    _selections: dict[Capabilities, SelectedFacts] = field(
        default_factory=dict, repr=False, compare=False
    )

    def select(self, capabilities: Capabilities) -> SelectedFacts:
        """The facts that an agent with these capabilities is given."""
        selected = self._selections.get(capabilities)
        if selected is None:
            kept = (
                {
                    key: item
                    for key, item in self.value.items()
                    if keeps_technology(key, capabilities)
                }
                if capabilities
                else self.value
            )
            selected = SelectedFacts(kept, len(self.value) - len(kept), _lines(kept))
            if len(self._selections) >= _MOST_SELECTIONS:
                self._selections.clear()
            self._selections[capabilities] = selected
        return selected


NO_FACTS: Final = PluginFacts({}, 0.0)


def decode_plugin_facts(project_context: Row | None) -> PluginFacts:
    """The facts in a project's context row; an unusable value gives none, with a warning."""
    if project_context is None:
        return NO_FACTS
    try:
        factors = as_optional_object(project_context[_FACTS_COLUMN])
    except UnusableError as error:
        return PluginFacts({}, 0.0, (_warning(project_context, str(error)),), spoils_row=True)
    facts = (factors or {}).get("plugin_facts")
    if not facts:
        return NO_FACTS
    if not isinstance(facts, dict):
        return PluginFacts({}, 0.0, (_warning(project_context, "plugin_facts is not an object"),))
    return PluginFacts(facts, facts_quality(facts))


def facts_quality(facts: dict[str, Any]) -> float:
    """Half for how many plugins reported (five are enough), half for how many said more than two things."""
    if not facts:
        return 0.0
    count = len(facts)
    rich = sum(1 for item in facts.values() if isinstance(item, dict) and len(item) > 2)
    return min(min(count / _EXPECTED_PLUGINS, 1.0) * 0.5 + (rich / count) * 0.5, 1.0)


def _warning(row: Row, why: str) -> str:
    return unusable("contexts", row[0], "confidence_factors", why)


def _lines(facts: dict[str, Any]) -> str:
    return "\n".join(
        f"- {key}: {item['version']}"
        if isinstance(item, dict) and item.get("version")
        else f"- {key}"
        for key, item in facts.items()
    )
