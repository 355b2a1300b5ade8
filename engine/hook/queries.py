"""What the hooks ask the database beside TaskStarts; blocking, for a connection's own thread."""

from __future__ import annotations

import difflib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.context.agents import AgentRecord, decode_agent
from engine.context.rules import compile_rules
from engine.context.sops import read_sop, sop_candidates
from engine.storage.connection import read_tolerantly
from engine.storage.rows import RULE_COLUMNS, Row
from engine.storage.statements import BY_ID, UNICODE_WHITESPACE, StatementName

_MOST_NAMED = 20
_LONGEST_SHOWN = 100
_BUILT_IN_AGENTS = frozenset(
    {
        *("general-purpose", "Explore", "Plan", "Bash", "fork", "claude", "worker"),
        *("claude-code-guide", "statusline-setup", "output-style-setup"),
    }
)
"""Types of agents that Claude Code has without any project."""

_ACTIVE_TASKS = (
    "SELECT id FROM tasks WHERE status = 'active' AND trim(assigned_to, ?) = ? ORDER BY id LIMIT ?"
)
_KNOWS_AGENT = "SELECT 1 FROM agents WHERE role = ? LIMIT 1"
_ROLES = "SELECT DISTINCT role FROM agents ORDER BY role LIMIT 2000"
_PROJECT = "SELECT id, name, description, status, tech_stack FROM projects ORDER BY id LIMIT 1"
_COUNTS = "SELECT status, count(*) FROM tasks GROUP BY status ORDER BY count(*) DESC, status"

_RULE_ID, _NAME, _DESCRIPTION, _LEVEL = (
    RULE_COLUMNS.index(column) for column in ("rule_id", "name", "description", "enforcement_level")
)


@dataclass(frozen=True, slots=True)
class RuleTitle:
    """A rule as a person knows it."""

    rule_id: str
    name: str
    level: str
    description: str


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """What decides which task an agent's start means."""

    known: bool
    """The project has an agent of this role."""
    active_tasks: tuple[int, ...]
    """Active tasks that are assigned to it; of many, the first 20."""


@dataclass(frozen=True, slots=True)
class ProjectOverview:
    """A project and one of its agents, without any task."""

    name: str
    description: str
    status: str
    tech_stack: str
    tasks: tuple[tuple[str, int], ...]
    """How many tasks have each status, the most frequent first."""
    rule_ids: tuple[str, ...]
    blocking_ids: tuple[str, ...]
    titles: dict[str, RuleTitle]
    sop: str | None
    warnings: tuple[str, ...]


def role_facts(connection: sqlite3.Connection, role: str) -> RoleFacts:
    """What the project knows of `role`."""
    found = connection.execute(_ACTIVE_TASKS, (UNICODE_WHITESPACE, role, _MOST_NAMED)).fetchall()
    known = connection.execute(_KNOWS_AGENT, (role,)).fetchone() is not None
    return RoleFacts(known, tuple(row[0] for row in found))


def unknown_agent(connection: sqlite3.Connection, role: str) -> str:
    """A line on a role without an agent in the project; empty where it has one.

    For a role without an SOP: an agent's file alone makes it known. Agents that Claude Code brings
    along, or a plugin of it (`plugin:agent`), are no mistake.
    """
    if role in _BUILT_IN_AGENTS or ":" in role:
        return ""
    if connection.execute(_KNOWS_AGENT, (role,)).fetchone() is not None:
        return ""
    names = [_text(row[0]) for row in _read(connection, _ROLES, {})]
    close = difflib.get_close_matches(role, names)
    maybe = f" (close: {', '.join(close)})" if close else ""
    shown = " ".join(role.split())[:_LONGEST_SHOWN]
    return f"The project knows no agent named {shown}{maybe}."


def rule_titles(connection: sqlite3.Connection, project_id: int) -> dict[str, RuleTitle]:
    """The enabled rules of a project, by id."""
    return _titles(_read(connection, BY_ID[StatementName.RULES], {"id": project_id}))


def project_overview(
    connection: sqlite3.Connection, root: Path, role: str
) -> ProjectOverview | None:
    """The project with the agent of `role`, if it names one; None where there is no project."""
    projects = _read(connection, _PROJECT, {})
    if not projects:
        return None
    project_id, name, description, status, tech_stack = projects[0]
    rules = _read(connection, BY_ID[StatementName.RULES], {"id": project_id})
    agent: AgentRecord | None = None
    if role:
        rows = _read(connection, BY_ID[StatementName.AGENT], {"id": project_id, "role": role})
        agent = decode_agent(rows[0] if rows else None, role)
    selected = compile_rules(rules).select(agent.filter if agent is not None else ())
    sop = read_sop(sop_candidates(root, role, agent)) if role else None
    warnings = agent.warnings if agent is not None else ()
    if sop is not None:
        warnings += (*sop.column_warnings, *sop.file_warnings)
    counts = tuple((_text(row[0]), int(_text(row[1]))) for row in _read(connection, _COUNTS, {}))
    return ProjectOverview(
        _text(name),
        _text(description),
        _text(status),
        _text(tech_stack),
        tasks=counts,
        rule_ids=selected.rule_ids,
        blocking_ids=selected.blocking_ids,
        titles=_titles(rules),
        sop=None if sop is None else sop.text,
        warnings=warnings,
    )


def _read(connection: sqlite3.Connection, sql: str, parameters: dict[str, Any]) -> list[Row]:
    return read_tolerantly(connection, lambda: connection.execute(sql, parameters).fetchall())


def _titles(rows: list[Row]) -> dict[str, RuleTitle]:
    titles = [
        RuleTitle(*(_text(row[column]) for column in (_RULE_ID, _NAME, _LEVEL, _DESCRIPTION)))
        for row in rows
    ]
    return {title.rule_id: title for title in titles}


def _text(cell: object) -> str:
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return "" if cell is None else str(cell)
