"""Full renderings: of a task's answer, and of a project without a task."""

from __future__ import annotations

import json

from engine.errors import NotFoundError
from engine.hook.full_rendering import (
    full_sections,
    rules_section,
    sop_section,
    warnings_section,
)
from engine.hook.ports import AnswerLike, Desk
from engine.hook.queries import ProjectOverview, project_overview, rule_titles
from engine.hook.sections import Part, Section, Written, write_sections


async def write_task(desk: Desk, answer: AnswerLike, budget: int | None, note: str = "") -> Written:
    """A task's context in full, within `budget` characters.

    Raises:
        TaskStartError: the rules' names cannot be read.
    """
    payload = answer.payload
    project_id = payload["project"]["id"]
    titles = (
        await desk.read(lambda connection: rule_titles(connection, project_id))
        if payload["rules"]
        else {}
    )
    return write_sections(full_sections(payload, titles, note), budget)


async def write_project(desk: Desk, role: str, budget: int | None, note: str) -> Written:
    """What is known without a task: the project and the agent of `role`, if it is given.

    Raises:
        TaskStartError: the database cannot be read, or has no project.
    """
    root = await desk.root()
    overview = await desk.read(lambda connection: project_overview(connection, root, role))
    if overview is None:
        raise NotFoundError("the database holds no project", "let AgentPM make it (apm init)")
    return write_sections(_project_sections(overview, role, note), budget)


def _project_sections(overview: ProjectOverview, role: str, note: str) -> list[Section]:
    counted = ", ".join(
        f"{count} {status or 'without a status'}" for status, count in overview.tasks
    )
    head = [f"# Project {overview.name or 'without a name'}, no task", note]
    head.append(f"Status: {overview.status or 'unknown'}. Tasks: {counted or 'none'}.")
    if role:
        head.append(f"Agent: {role}")
    description = overview.description.strip()
    stack = _listed(overview.tech_stack)
    return [
        Section(Part.HEAD, ("\n".join(head),)),
        Section(Part.DESCRIPTION, (f"## Description\n{description}" if description else "",)),
        rules_section(overview.rule_ids, overview.blocking_ids, overview.titles),
        sop_section(overview.sop),
        Section(Part.FACTS, (f"## Technologies\n{stack}" if stack else "",)),
        warnings_section(overview.warnings),
    ]


def _listed(text: str) -> str:
    try:
        items = json.loads(text or "[]")
    except ValueError:
        return text
    return "\n".join(f"- {item}" for item in items) if isinstance(items, list) else text
