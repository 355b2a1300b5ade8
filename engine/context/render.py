"""A context as the text that an agent reads, line for line as AgentPM's formatter writes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from engine.context.merge import MergedSixW
from engine.context.payload import Context
from engine.context.sixw import SIX_W_FIELDS
from engine.context.summaries import summary_lines

SIX_W_HEADING: Final = "### 🔍 Merged Context (Task → Work Item → Project)"
FACTS_HEADING: Final = "### 🔌 Tech Stack"
SOP_HEADING: Final = "### 📝 Agent SOP"
SESSIONS_HEADING: Final = "### 🕒 Recent Sessions"
CONFIDENCE_LABEL: Final = "**Context Confidence**: "
WARNINGS_HEADING: Final = "⚠️ **Warnings**:"
_SHOWN_WARNINGS: Final = 3
_UNKNOWN_NAME: Final = "Unknown Task"
_UNKNOWN_TYPE: Final = "unknown"
_NO_EFFORT: Final = "n/a"


class RenderedText(NamedTuple):
    """The text around the Assembly Time: the whole is `head`, whole milliseconds, `tail`."""

    head: str
    tail: str

    def text(self, milliseconds: int) -> str:
        """The whole text."""
        return f"{self.head}{milliseconds}{self.tail}"


def render(context: Context) -> RenderedText:
    """Write a context as text."""
    task = context.task
    hours = task.effort_hours
    effort = _NO_EFFORT if hours is None else f"{hours}h"
    lines = [
        "",
        "## 🎯 Task Context Assembled (Context Delivery Agent)",
        "",
        f"**Task #{task.task_id}**: {task.name or _UNKNOWN_NAME} ({task.type or _UNKNOWN_TYPE}, {effort})",
    ]
    if task.work_item_id:
        lines.append(f"**Work Item**: WI-{task.work_item_id}")
    if context.role:
        lines.append(f"**Agent**: {context.role}")
    lines += (
        "",
        SIX_W_HEADING,
        "",
        *_six_w_lines(context.six_w),
        "",
    )
    if context.facts.lines:
        lines += (FACTS_HEADING, "", context.facts.lines, "")
    if context.sop.content is not None and context.sop.content.preview:
        lines += (SOP_HEADING, "", context.sop.content.preview, "")
    if context.summaries:
        lines += (SESSIONS_HEADING, "")
        for entry in context.summaries:
            lines += summary_lines(entry)
    score = f"{context.confidence.score:.0%}"
    lines += (f"{CONFIDENCE_LABEL}{score} ({context.confidence.band})", "**Assembly Time**: ")
    tail = ["ms"]
    if context.warnings:
        tail += ("", WARNINGS_HEADING)
        tail += [f"- {warning}" for warning in context.warnings[:_SHOWN_WARNINGS]]
    tail.append("")
    return RenderedText("\n".join(lines), "\n".join(tail))


def _six_w_lines(six_w: MergedSixW) -> list[str]:
    fields = dict(zip(SIX_W_FIELDS, six_w.values, strict=True))
    deadline: datetime | None = fields["deadline"]
    dimensions = {
        "WHO": (
            _listed("Implementers: ", fields["implementers"]),
            _listed("Reviewers: ", fields["reviewers"]),
            _listed("End Users: ", fields["end_users"]),
        ),
        "WHAT": (
            *fields["functional_requirements"],
            *(f"AC: {criterion}" for criterion in fields["acceptance_criteria"]),
        ),
        "WHEN": (
            f"Deadline: {deadline.strftime('%Y-%m-%d')}" if deadline is not None else None,
            _listed("Dependencies: ", fields["dependencies_timeline"], "; "),
        ),
        "WHERE": (
            _listed("Services: ", fields["affected_services"]),
            _listed("Repos: ", fields["repositories"]),
            _listed("Targets: ", fields["deployment_targets"]),
        ),
        "WHY": (
            fields["business_value"] or None,
            f"Risk: {fields['risk_if_delayed']}" if fields["risk_if_delayed"] else None,
        ),
        "HOW": (
            fields["suggested_approach"] or None,
            _listed("Patterns: ", fields["existing_patterns"]),
        ),
    }
    return [
        f"**{name}**: {text}"
        for name, parts in dimensions.items()
        if (text := "; ".join([part for part in parts if part is not None]))
    ]


def _listed(title: str, items: Iterable[Any], separator: str = ", ") -> str | None:
    return f"{title}{separator.join(items)}" if items else None
