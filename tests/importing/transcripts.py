"""Made-up transcripts in the shapes that Claude Code has written over time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Json = dict[str, Any]
BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "the secret words of a prompt"


def at(minutes: float) -> str:
    """A time as transcripts write it."""
    moment = BEGINNING + timedelta(minutes=minutes)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def entry(kind: str, minutes: float, session: str = "s1", **fields: Any) -> Json:
    """The envelope of a spoken entry."""
    return {
        "parentUuid": None,
        "isSidechain": False,
        "userType": "external",
        "cwd": "/home/me/shop",
        "sessionId": session,
        "version": "2.1.40",
        "gitBranch": "main",
        "type": kind,
        "uuid": f"{kind}-{minutes}",
        "timestamp": at(minutes),
        **fields,
    }


def said(minutes: float, text: str = "hello", **fields: Any) -> Json:
    """What a user says."""
    return entry("user", minutes, message={"role": "user", "content": text}, **fields)


def call(
    minutes: float,
    prompt: str | None,
    *,
    role: str = "coder",
    tool: str = "Agent",
    tool_id: str = "",
    **fields: Any,
) -> Json:
    """An assistant's entry that starts an agent."""
    arguments: Json = {"description": f"{SECRET}, in short", "subagent_type": role}
    if prompt is not None:
        arguments["prompt"] = prompt
    block = {
        "type": "tool_use",
        "id": tool_id or f"toolu_{minutes}",
        "name": tool,
        "input": arguments,
    }
    content: list[Json] = [
        {"type": "thinking", "thinking": SECRET},
        {"type": "text", "text": "on it"},
    ]
    message = {"role": "assistant", "id": "msg_1", "content": [*content, block]}
    return entry("assistant", minutes, message=message, **fields)


def result(
    minutes: float, tool_id: str, *, agent: str = "", error: str = "", **fields: Any
) -> Json:
    """The user's entry that carries an agent's result."""
    block: Json = {"type": "tool_result", "tool_use_id": tool_id, "content": error or "done"}
    noted: Any = {"status": "completed", "totalDurationMs": 1000, "content": []}
    if error:
        block["is_error"], noted = True, f"Error: {error}"
    if agent:
        noted = {"status": "completed", "agentId": agent, "totalDurationMs": 1000}
    message = {"role": "user", "content": [block]}
    return entry("user", minutes, message=message, toolUseResult=noted, **fields)


def hook_run(minutes: float, event: str, took_ms: float) -> Json:
    """A session's note on a hook that it waited for."""
    noted = {"type": "hook_success", "hookEvent": event, "hookName": event, "durationMs": took_ms}
    return entry("attachment", minutes, attachment=noted)


def agent_file(
    folder: Path, agent: str, entries: Iterable[Json], sidecar: Json | None = None
) -> Path:
    """An agent's own transcript in a folder of a session."""
    path = folder / "subagents" / f"agent-{agent}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    own = [{**one, "isSidechain": True, "agentId": agent} for one in entries]
    if sidecar is not None:
        path.with_suffix(".meta.json").write_text(json.dumps(sidecar))
    return write(path, own)


def write(path: Path, entries: Iterable[Json | str]) -> Path:
    """A transcript; a text stands for itself."""
    lines = [one if isinstance(one, str) else json.dumps(one) for one in entries]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
