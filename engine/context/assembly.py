"""The pieces of one TaskStart put together."""

from __future__ import annotations

from engine.context.agents import AgentRecord, effective_role
from engine.context.amalgamations import Amalgamations
from engine.context.confidence import Confidence, freshness_factor
from engine.context.filtering import measure_filtering
from engine.context.merge import merge
from engine.context.notices import agent_notices, context_notices
from engine.context.payload import Context
from engine.context.project_part import ProjectPart
from engine.context.rules import RuleSet
from engine.context.sops import NO_SOP, Sop
from engine.context.summaries import TemporalContext
from engine.context.task_part import TaskPart
from engine.context.work_item_part import WorkItemPart
from engine.errors import NotFoundError
from engine.storage.rows import RowBundle


def require_rows(bundle: RowBundle, task_id: object) -> None:
    """Check that the task, its work item and its project exist; `task_id` is as the caller gave it.

    Raises:
        NotFoundError: one of them does not exist.
    """
    if bundle.task is None:
        raise NotFoundError(f"Task {task_id} not found", "check the task's number")
    if bundle.work_item is None:
        raise NotFoundError(f"Work item {bundle.task[1]!r} not found", f"task {task_id} names it")
    if bundle.project is None:
        raise NotFoundError(
            f"Project {bundle.work_item[1]!r} not found",
            f"work item {bundle.work_item[0]!r} names it",
        )


def assemble(
    task: TaskPart,
    work_item: WorkItemPart,
    project: ProjectPart,
    *,
    agent_role: str | None,
    agent: AgentRecord | None,
    assigned_agent: AgentRecord | None,
    sop: Sop | None,
    summaries: TemporalContext,
    rules: RuleSet,
    amalgamations: Amalgamations,
) -> Context:
    """Merge, score and filter.

    Args:
        agent_role: the role that the request names, if any.
        agent: the row of the effective role; None where it has none.
        assigned_agent: the row of the task's own role, by which the rules are filtered even where
            the request names another.
        sop: of the effective role; None where there is no role.
    """
    role = effective_role(agent_role, task.assigned_to)
    six_w = merge((task.level, work_item.level, project.level))
    confidence = Confidence(
        six_w.completeness,
        project.facts.quality,
        amalgamations.coverage,
        freshness_factor(task.freshness_days),
    )
    capabilities = agent.filter if role and agent is not None else ()
    facts = project.facts.select(capabilities)
    types = amalgamations.select(capabilities)
    filtering = (
        measure_filtering(
            amalgamations=len(amalgamations.paths),
            amalgamations_removed=types.removed,
            facts=len(project.facts.value),
            facts_removed=facts.removed,
        )
        if role
        else None
    )
    rule_filter = assigned_agent.filter if task.assigned_to and assigned_agent is not None else ()
    selected_rules = rules.select(rule_filter)
    sop = sop or NO_SOP
    unusable = (
        *task.warnings,
        *work_item.warnings,
        *project.warnings,
        *six_w.warnings,
        *_agent_warnings(role, agent, assigned_agent),
        *sop.column_warnings,
        *summaries.warnings,
        *rules.warnings,
    )
    notices = context_notices(
        any_level=any(part.level is not None for part in (task, work_item, project)),
        any_facts=bool(project.facts.value),
        freshness_days=task.freshness_days,
        confidence=confidence,
    )
    about_agent = agent_notices(role, sop.file_warnings, filtering, selected_rules.warning)
    return Context(
        task.record,
        work_item.values,
        project.values,
        task.freshness_days,
        task.valid_until,
        six_w,
        facts,
        types,
        role,
        sop,
        summaries.entries,
        selected_rules,
        confidence,
        filtering,
        (*unusable, *notices, *amalgamations.warnings, *about_agent),
    )


def _agent_warnings(
    role: str | None, agent: AgentRecord | None, assigned: AgentRecord | None
) -> tuple[str, ...]:
    own = agent.warnings if role and agent is not None else ()
    if assigned is None or (agent is not None and assigned.row_id == agent.row_id):
        return own
    return own + assigned.warnings
