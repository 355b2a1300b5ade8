"""The warnings that AgentPM itself gives, in its words and its order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.context.confidence import Confidence
from engine.context.filtering import FilteringStatistics

_OLD_AFTER_DAYS: Final = 30
_HALF: Final = 0.5
_GOOD_FRESHNESS: Final = 0.8
_NOTEWORTHY_REDUCTION: Final = 0.3


def context_notices(
    *, any_level: bool, any_facts: bool, freshness_days: int, confidence: Confidence
) -> list[str]:
    """What is missing or old. The age is told twice, as AgentPM does."""
    notices: list[str] = []
    age = f"Context is {freshness_days} days old (consider refresh)"
    if not any_level:
        notices.append("No 6W context found at any level")
    if not any_facts:
        notices.append("No plugin facts available (plugin detection may have failed)")
    if freshness_days > _OLD_AFTER_DAYS:
        notices.append(age)
    if confidence.six_w < _HALF:
        notices.append(f"6W context only {confidence.six_w * 100:.0f}% complete (need >50%)")
    if confidence.facts < _HALF:
        notices.append("Missing plugin facts for detected technologies")
    if confidence.amalgamations < _HALF:
        notices.append("Limited code amalgamations available")
    if confidence.freshness < _GOOD_FRESHNESS:
        notices.append(age)
    return notices


def agent_notices(
    role: str | None,
    sop_warnings: Sequence[str],
    filtering: FilteringStatistics | None,
    rules_loaded: str | None,
) -> list[str]:
    """What concerns the agent: its SOP, what was filtered for it, its rules."""
    notices = list(sop_warnings)
    if filtering is not None and filtering.total_reduction > _NOTEWORTHY_REDUCTION:
        share = f"{filtering.total_reduction:.0%}"
        notices.append(f"Context scoped to '{role}' capabilities ({share} reduction)")
    if rules_loaded is not None:
        notices.append(rules_loaded)
    return notices
