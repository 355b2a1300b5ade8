"""An assembled context, and the structured form in which it is delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from engine.context.amalgamations import SelectedAmalgamations
from engine.context.confidence import Confidence
from engine.context.facts import SelectedFacts
from engine.context.filtering import FilteringStatistics
from engine.context.merge import MergedSixW
from engine.context.project_part import PROJECT_FIELDS
from engine.context.rules import SelectedRules
from engine.context.sops import Sop
from engine.context.task_part import TASK_FIELDS, TaskRecord
from engine.context.work_item_part import WORK_ITEM_FIELDS


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that one TaskStart delivers, but for its duration; nothing else is kept alive."""

    task: TaskRecord
    work_item: tuple[Any, ...]
    """In the order of `WORK_ITEM_FIELDS`."""
    project: tuple[Any, ...]
    """In the order of `PROJECT_FIELDS`."""
    freshness_days: int
    valid_until: datetime | None
    """The instant, in UTC, from which this context would be another, its rows unchanged."""
    six_w: MergedSixW
    facts: SelectedFacts
    amalgamations: SelectedAmalgamations
    role: str | None
    """The effective agent role; None or empty where there is none."""
    sop: Sop
    summaries: tuple[dict[str, Any], ...]
    rules: SelectedRules
    confidence: Confidence
    filtering: FilteringStatistics | None
    warnings: tuple[str, ...]

    @property
    def payload(self) -> dict[str, Any]:
        """The structured context; a copy that shares nothing that can be changed."""
        payload: dict[str, Any] = msgspec.to_builtins(self.shared_payload())
        return payload

    def shared_payload(self) -> dict[str, Any]:
        """The structured context at less cost, for a reader that leaves its values unchanged."""
        confidence = self.confidence
        return {
            "task": dict(zip(TASK_FIELDS, self.task.values, strict=True)),
            "work_item": dict(zip(WORK_ITEM_FIELDS, self.work_item, strict=True)),
            "project": dict(zip(PROJECT_FIELDS, self.project, strict=True)),
            "merged_6w": self.six_w.as_dict(),
            "plugin_facts": self.facts.value,
            "amalgamation_types": list(self.amalgamations.types),
            "assigned_agent": self.role,
            "agent_sop": self.sop.text,
            "temporal_context": list(self.summaries),
            "rules": list(self.rules.rule_ids),
            "blocking_rules": list(self.rules.blocking_ids),
            "rule_summary": self.rules.summary,
            "confidence_score": confidence.score,
            "confidence_band": confidence.band,
            "breakdown": {
                "six_w_completeness": confidence.six_w,
                "plugin_facts_quality": confidence.facts,
                "amalgamations_coverage": confidence.amalgamations,
                "freshness_factor": confidence.freshness,
            },
            "filtering_stats": None if self.filtering is None else self.filtering.as_dict(),
            "freshness_days": self.freshness_days,
            "warnings": list(self.warnings),
        }
