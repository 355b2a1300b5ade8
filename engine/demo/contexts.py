"""6W contexts and session summaries as the JSON that AgentPM stores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple

from engine.demo.backlog import PlannedItem, PlannedTask


def item_six_w(item: PlannedItem) -> dict[str, Any]:
    """The 6W of one work item."""
    epic = item.epic
    return {
        "end_users": epic.users,
        "implementers": sorted({task.role for task in item.tasks})[:4],
        "functional_requirements": [epic.goal],
        "technical_constraints": epic.constraints,
        "acceptance_criteria": epic.criteria,
        "affected_services": [epic.service],
        "deadline": item.due_date.date().isoformat(),
        "business_value": epic.value,
        "risk_if_delayed": epic.risk,
        "suggested_approach": epic.approach,
        "existing_patterns": [],
    }


def task_six_w(task: PlannedTask, before: PlannedTask | None, reviewer: str) -> dict[str, Any]:
    """The 6W of one task; what it leaves out, the work item and the project fill in."""
    sentences = [part.strip() for part in task.seed.description.split(". ") if part.strip()]
    return {
        "implementers": [task.role],
        "reviewers": [reviewer],
        "functional_requirements": [sentences[0].rstrip(".")],
        "acceptance_criteria": [part.rstrip(".") for part in sentences[1:]],
        "deadline": task.due_date.isoformat() if task.due_date else None,
        "dependencies_timeline": [f"after #{before.id} {before.name}"] if before else [],
    }


class Summary(NamedTuple):
    """One row of `work_item_summaries`, without the work item."""

    session_date: str
    duration_hours: float
    text: str
    metadata: dict[str, Any]
    created_by: str
    summary_type: str


def summaries(item: PlannedItem, random: Random) -> list[Summary]:
    """What the sessions on one work item left behind, oldest first; none before work began."""
    finished = [task for task in item.tasks if task.completed_at is not None]
    open_tasks = [task for task in item.tasks if task.completed_at is None]
    made = []
    for number, group in enumerate(_thirds(finished)):
        last = group[-1]
        assert last.completed_at is not None
        decision = item.epic.decisions[number % len(item.epic.decisions)]
        following = open_tasks[:2] or [finished[-1]]
        made.append(
            Summary(
                session_date=(last.completed_at + timedelta(hours=1)).date().isoformat(),
                duration_hours=round(random.uniform(0.5, 3.5), 1),
                text="Finished " + "; ".join(task.name for task in group) + f". {decision}.",
                metadata={
                    "key_decisions": [decision],
                    "tasks_completed": [task.id for task in group],
                    "blockers_resolved": ["Staging data was a month old"] if number == 1 else [],
                    "next_steps": [f"#{task.id} {task.name}" for task in following],
                },
                created_by=last.role,
                summary_type=("session", "decision", "milestone")[number],
            )
        )
    return made


def _thirds(tasks: Sequence[PlannedTask]) -> list[Sequence[PlannedTask]]:
    size = max(1, -(-len(tasks) // 3))
    return [tasks[start : start + size] for start in range(0, len(tasks), size)]
