"""Full renderings: of a task's answer, and of a project without a task."""

from __future__ import annotations

import json

from cachetools import LRUCache

from engine.errors import NotFoundError
from engine.hook.full_rendering import (
    description_section,
    facts_section,
    full_sections,
    sop_section,
    warnings_section,
)
from engine.hook.ports import AnswerLike, Desk
from engine.hook.queries import ProjectOverview, project_overview, rule_titles, unknown_agent
from engine.hook.rules_rendering import rules_section
from engine.hook.sections import Part, Section, Written, write_sections

MOST_KEPT = 64
"""Renderings that are kept: about 10 KB each."""


class TaskRenderer:
    """Writes tasks' contexts in full and keeps the last ones.

    A rendering is kept by the identity of the context that it was made of. A context that is
    served again is proven current, rules included, so its rendering is current too.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: LRUCache[tuple[int, int | None, str], tuple[object, Written]] = LRUCache(
            MOST_KEPT
        )

    async def write(self, answer: AnswerLike, budget: int | None, note: str = "") -> Written:
        """A task's context in full, within `budget` characters.

        Raises:
            TaskStartError: the rules' names cannot be read.
        """
        content = answer.content
        key = (id(content), budget, note)
        kept = self._kept.get(key)
        # The kept reference sees to it that no other object has this identity.
        if kept is not None and kept[0] is content:
            return kept[1]
        written = await self._write(answer, budget, note)
        self._kept[key] = (content, written)
        return written

    async def _write(self, answer: AnswerLike, budget: int | None, note: str) -> Written:
        payload = answer.payload
        project_id = payload["project"]["id"]
        titles = (
            await self._desk.read(lambda connection: rule_titles(connection, project_id))
            if payload["rules"]
            else {}
        )
        said = note
        role = payload["assigned_agent"]
        if role and payload["agent_sop"] is None:
            unknown = await self._desk.read(lambda connection: unknown_agent(connection, role))
            said = " ".join(line for line in (note, unknown) if line)
        return write_sections(full_sections(payload, titles, said), budget)


async def read_project(desk: Desk, role: str) -> ProjectOverview:
    """What is known without a task: the project and the agent of `role`, if it is given.

    Raises:
        TaskStartError: the database cannot be read, or has no project.
    """
    root = await desk.root()
    overview = await desk.read(lambda connection: project_overview(connection, root, role))
    if overview is None:
        raise NotFoundError("the database holds no project", "let AgentPM make it (apm init)")
    return overview


def write_project(overview: ProjectOverview, role: str, budget: int | None, note: str) -> Written:
    """A project's context within `budget` characters; `note` says why there is no task."""
    return write_sections(_project_sections(overview, role, note), budget)


def _project_sections(overview: ProjectOverview, role: str, note: str) -> list[Section]:
    counted = ", ".join(
        f"{count} {status or 'without a status'}" for status, count in overview.tasks
    )
    head = [f"# Project {overview.name or 'without a name'}, no task", note]
    head.append(f"Status: {overview.status or 'unknown'}. Tasks: {counted or 'none'}.")
    if role:
        head.append(f"Agent: {role}")
    return [
        Section(Part.HEAD, "\n".join(head)),
        description_section(overview.description.strip()),
        rules_section(overview.rule_ids, overview.blocking_ids, overview.titles),
        sop_section(overview.sop),
        facts_section(_listed(overview.tech_stack)),
        warnings_section(overview.warnings),
    ]


def _listed(text: str) -> list[str]:
    try:
        items = json.loads(text or "[]")
    except ValueError:
        return [text]
    return [f"- {item}" for item in items] if isinstance(items, list) else [text]
