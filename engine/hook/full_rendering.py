"""The `full` rendering: for agents that read more than AgentPM's own text.

First what the task asks for, then what binds (blocking rules first), then the whole SOP without
its front matter, and at last what is good to know. Each warning once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.hook.queries import RuleTitle
from engine.hook.sections import Part, Section

_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_BLOCK = "BLOCK"
_SOFTER_LEVELS = ("LIMIT", "GUIDE", "ENHANCE")
_LONGEST_CONTEXT_VALUE = 200
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
        Section(Part.HEAD, (_head(payload, note),)),
        Section(Part.DESCRIPTION, (_titled("## Description", _stripped(task["description"])),)),
        Section(Part.ACCEPTANCE, (_acceptance(payload),)),
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


def rules_section(
    rule_ids: Sequence[str], blocking_ids: Sequence[str], titles: Mapping[str, RuleTitle]
) -> Section:
    """The rules that apply: blocking ones first, with what they say; the others by name."""
    blocking = frozenset(blocking_ids)
    softer: dict[str, list[RuleTitle]] = {}
    for rule_id in rule_ids:
        title = titles.get(rule_id, RuleTitle(rule_id, "", _SOFTER_LEVELS[0], ""))
        if rule_id not in blocking:
            softer.setdefault(title.level, []).append(title)
    named = [titles.get(rule_id, RuleTitle(rule_id, "", _BLOCK, "")) for rule_id in blocking_ids]
    block = [f"- {_BLOCK} {_described(title)}" for title in named]
    levels = [level for level in _SOFTER_LEVELS if level in softer]
    names = [f"- {level} {', '.join(map(_named, softer[level]))}" for level in levels]
    ids = [f"- {level} {', '.join(one.rule_id for one in softer[level])}" for level in levels]
    counted = [f"- {level}: {len(softer[level])} rules" for level in levels]
    only_ids = f"- {_BLOCK} {', '.join(blocking_ids)}" if blocking_ids else ""
    heading = f"## Rules that apply ({len(rule_ids)}, of which {len(blocking_ids)} block)"
    versions = (
        _lines(heading, *block, *names),
        _lines(heading, *block, *ids, "[… names of rules that do not block are left out]"),
        _lines(heading, *block, *counted, "[… rules that do not block are left out]"),
        _lines(heading, only_ids, *counted, "[… names of rules are left out]"),
    )
    return Section(Part.RULES, versions if rule_ids else ("",))


def _named(title: RuleTitle) -> str:
    return f"{title.rule_id} {title.name}".strip()


def _described(title: RuleTitle) -> str:
    return f"{_named(title)}: {title.description}" if title.description else _named(title)


def sop_section(sop: str | None) -> Section:
    """The whole SOP without its front matter."""
    text = _FRONT_MATTER.sub("", sop or "", count=1).strip()
    return Section(Part.SOP, (_titled("## Agent SOP", text),))


def _context(six_w: Payload) -> Section:
    whole, shorter = [], []
    for name, title in _CONTEXT_TITLES.items():
        value = six_w[name]
        text = "; ".join(map(str, value)) if isinstance(value, list) else str(value or "").strip()
        if not text:
            continue
        whole.append(f"- {title}: {text}")
        cut = text[:_LONGEST_CONTEXT_VALUE]
        shorter.append(f"- {title}: {cut}{'…' if len(text) > len(cut) else ''}")
    if not whole:
        return Section(Part.CONTEXT, ("",))
    heading = "## Context (task, work item and project)"
    return Section(
        Part.CONTEXT,
        (
            _lines(heading, *whole),
            _lines(heading, *shorter, "[… long entries are cut]"),
            _lines(heading, f"[… entries left out: {len(whole)}]"),
        ),
    )


def _facts(facts: Payload) -> Section:
    lines = [line for key, item in facts.items() for line in fact_lines(key, item)]
    if not lines:
        return Section(Part.FACTS, ("",))
    heading = "## Technologies"
    few = [
        _lines(heading, *lines[:count], _left(len(lines) - count, "entries")) for count in (12, 0)
    ]
    return Section(Part.FACTS, (_lines(heading, *lines), *few))


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
    if not entries:
        return Section(Part.SESSIONS, ("",))
    heading = "## Recent sessions"
    written = [_session(entry) for entry in entries]
    fewer = [
        _lines(heading, *written[:kept], _left(len(written) - kept, "older sessions"))
        for kept in range(len(written) - 1, -1, -1)
    ]
    return Section(Part.SESSIONS, (_lines(heading, *written), *fewer))


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
    return Section(Part.WARNINGS, (_titled("## Warnings", _bullets(_once(warnings))),))


def _left(count: int, what: str) -> str:
    return f"[… {what} left out: {count}]"


def _once(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(item.strip() for item in items if item.strip()))


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _titled(heading: str, text: str) -> str:
    return f"{heading}\n{text}" if text else ""


def _stripped(text: Any) -> str:
    return str(text).strip() if text else ""


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
