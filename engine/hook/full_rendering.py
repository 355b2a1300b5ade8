"""The `full` rendering: for agents that read more than AgentPM's own text.

First what the task asks for, then what binds (blocking rules first), then the whole SOP without
its front matter, and at last what is good to know. Each warning once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.hook.queries import RuleTitle
from engine.hook.rules_rendering import rules_section
from engine.hook.sections import Part, Section
from engine.hook.shortening import Entry, Way, cut_ways, entry, from_the_end

_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_LONG_CONTEXT_VALUE = 200
_CONTEXT_TITLES = {
    "functional_requirements": "Requirements",
    "technical_constraints": "Constraints",
    "affected_services": "Services",
    "repositories": "Repositories",
    "deployment_targets": "Deployment targets",
    "deadline": "Deadline",
    "dependencies_timeline": "Depends on",
    "business_value": "Business value",
    "risk_if_delayed": "Risk if delayed",
    "suggested_approach": "Suggested approach",
    "existing_patterns": "Existing patterns",
    "implementers": "Implementers",
    "reviewers": "Reviewers",
    "end_users": "End users",
}

Payload = Mapping[str, Any]


def full_sections(
    payload: Payload, titles: Mapping[str, RuleTitle], note: str = ""
) -> list[Section]:
    """The sections of a task's context.

    Args:
        payload: the structured context.
        titles: the project's rules by id; those that apply are in the payload.
        note: one line on how the task was found; empty where it was given.
    """
    task = payload["task"]
    return [
        Section(Part.HEAD, _head(payload, note)),
        description_section(_stripped(task["description"])),
        Section(Part.ACCEPTANCE, _acceptance(payload)),
        rules_section(payload["rules"], payload["blocking_rules"], titles),
        sop_section(payload["agent_sop"]),
        _context(payload["merged_6w"]),
        _facts(payload["plugin_facts"]),
        _sessions(payload["temporal_context"]),
        warnings_section(payload["warnings"]),
    ]


def _head(payload: Payload, note: str) -> str:
    task, work_item, project = payload["task"], payload["work_item"], payload["project"]
    details = [f"type {task['type'] or 'unknown'}", f"status {task['status'] or 'unknown'}"]
    if task["priority"] is not None:
        details.append(f"priority {task['priority']}")
    if task["effort_hours"] is not None:
        details.append(f"effort {task['effort_hours']:g} h")
    if task["due_date"]:
        details.append(f"due {task['due_date']}")
    lines = [f"# Task #{task['id']}: {task['name'] or 'without a name'}", " · ".join(details)]
    if note:
        lines.append(note)
    if task["blocked_reason"]:
        lines.append(f"Blocked: {task['blocked_reason']}")
    lines.append(f"Work item WI-{work_item['id']}: {work_item['name'] or 'without a name'}")
    lines.append(f"Project: {project['name'] or 'without a name'}")
    if payload["assigned_agent"]:
        lines.append(f"Agent: {payload['assigned_agent']}")
    lines.append(
        f"Confidence in this context: {payload['confidence_score']:.0%} ({payload['confidence_band']})"
    )
    return "\n".join(lines)


def _acceptance(payload: Payload) -> str:
    criteria = list(payload["merged_6w"]["acceptance_criteria"])
    own = payload["task"]["quality_metadata"]
    listed = own.get("acceptance_criteria") if isinstance(own, dict) else None
    if isinstance(listed, list):
        criteria += [_criterion(one) for one in listed]
    return _titled("## Acceptance criteria", _bullets(_once(criteria)))


def _criterion(one: Any) -> str:
    if isinstance(one, dict):
        return str(one.get("criterion") or one.get("description") or one)
    return str(one)


def description_section(text: str) -> Section:
    """What is to be done."""
    return _cut_section(Part.DESCRIPTION, "## Description", text, floor=500)


def sop_section(sop: str | None) -> Section:
    """The whole SOP without its front matter."""
    text = _FRONT_MATTER.sub("", sop or "", count=1).strip()
    return _cut_section(Part.SOP, "## Agent SOP", text, floor=2_000)


def _cut_section(part: Part, heading: str, text: str, floor: int) -> Section:
    return Section(part, _titled(heading, text), lambda: cut_ways(heading, text, floor))


def _context(six_w: Payload) -> Section:
    entries = []
    for name, title in _CONTEXT_TITLES.items():
        value = six_w[name]
        text = "; ".join(map(str, value)) if isinstance(value, list) else str(value or "").strip()
        if text:
            line = f"- {title}: {text}"
            entries.append((line, len(line) - len(text) + _LONG_CONTEXT_VALUE))
    heading = "## Context (task, work item and project)"

    def ways() -> tuple[Way, ...]:
        whole = [entry(line, long if len(line) > long else 0) for line, long in entries]
        values = [
            one if len(one.text) > long else Entry(one.text, (len(one.text),))
            for one, (_, long) in zip(whole, entries, strict=True)
        ]
        cut = [Entry(text := one.kept(1), (len(text),)) for one in values]
        return (
            from_the_end(heading, values, lambda _: "[… long entries are cut]", always=1),
            from_the_end(heading, cut, lambda left: _left(left, "entries")),
        )

    return Section(Part.CONTEXT, _titled(heading, "\n".join(line for line, _ in entries)), ways)


def facts_section(lines: Sequence[str]) -> Section:
    """The project's technologies."""
    return _listed(Part.FACTS, "## Technologies", lines, "entries")


def _listed(part: Part, heading: str, lines: Sequence[str], what: str) -> Section:
    """Entries that give way one by one from the last on, each by lines and sentences."""

    def ways() -> tuple[Way, ...]:
        return (from_the_end(heading, [*map(entry, lines)], lambda left: _left(left, what)),)

    return Section(part, _titled(heading, "\n".join(lines)), ways)


def _facts(facts: Payload) -> Section:
    return facts_section([line for key, item in facts.items() for line in fact_lines(key, item)])


def fact_lines(key: str, item: Any) -> list[str]:
    """What a plugin fact says of versions: its own, or those of what it lists."""
    if not isinstance(item, dict):
        return [f"- {key}: {item}" if isinstance(item, (str, int, float)) else f"- {key}"]
    version = _version(item)
    if version:
        return [f"- {key} {version}{_dependencies(item)}"]
    parts = {name: part for name, part in item.items() if isinstance(part, dict)}
    versioned = [
        f"- {name} {_version(part)}{_dependencies(part)}"
        for name, part in parts.items()
        if _version(part)
    ]
    return versioned or [f"- {key}: {', '.join(parts)}" if parts else f"- {key}"]


def _version(item: Payload) -> str:
    for name, value in item.items():
        if (name == "version" or name.endswith("_version")) and isinstance(
            value, (str, float, int)
        ):
            return str(value)
    return ""


def _dependencies(item: Payload) -> str:
    found = [
        f"{name} {version}"
        for key in ("dependencies", "dev_dependencies")
        if isinstance(item.get(key), dict)
        for name, version in item[key].items()
        if isinstance(version, str)
    ]
    return f" (with {', '.join(found)})" if found else ""


def _sessions(entries: Sequence[Payload]) -> Section:
    return _listed(Part.SESSIONS, "## Recent sessions", [*map(_session, entries)], "older sessions")


def _session(entry: Payload) -> str:
    text = "\n  ".join(str(entry["summary_text"]).strip().splitlines())
    lines = [f"- {entry['session_date']} {entry['summary_type']}: {text}"]
    metadata = entry["metadata"]
    for name, title in (("key_decisions", "decided"), ("next_steps", "next")):
        items = metadata.get(name) if isinstance(metadata, dict) else None
        if isinstance(items, list) and items:
            lines.append(f"  {title}: {'; '.join(map(str, items))}")
    return "\n".join(lines)


def warnings_section(warnings: Iterable[str]) -> Section:
    """Each warning once."""
    return Section(Part.WARNINGS, _titled("## Warnings", _bullets(_once(warnings))))


def _left(count: int, what: str) -> str:
    return f"[… {what} cut or left out: {count}]"


def _once(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(item.strip() for item in items if item.strip()))


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _titled(heading: str, text: str) -> str:
    return f"{heading}\n{text}" if text else ""


def _stripped(text: Any) -> str:
    return str(text).strip() if text else ""
