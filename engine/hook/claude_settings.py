"""Claude Code's settings file: which hooks go in, as insertions into its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.errors import SettingError
from engine.hook.jsonc import Insertion, insertion, parse

TIMEOUT_S = 5
"""Claude Code counts this in seconds."""
TASK_VARIABLE = "TASKSTART_TASK"
TOKEN_VARIABLE = "TASKSTART_TOKEN"
_BASE_EVENTS = {"SubagentStart": "", "PreToolUse": "Agent|Task"}
_PROMPT_EVENTS = {"UserPromptSubmit": None}


@dataclass(frozen=True, slots=True)
class ClaudeHook:
    """How Claude Code is to ask.

    Attributes:
        command: what it runs; empty where it asks over HTTP.
        url: where it asks; empty where it runs a command.
        prompts: the user's own prompts too, not only agents' starts.
    """

    command: str = ""
    url: str = ""
    prompts: bool = False


def new_settings(hook: ClaudeHook) -> dict[str, Any]:
    """A settings file with nothing but the hook."""
    return {"hooks": {event: [group] for event, group in _groups(hook).items()}}


def insertions(text: str, hook: ClaudeHook) -> list[Insertion]:
    """What is to be inserted into the text of a settings file.

    Raises:
        SettingError: it is not such a file.
    """
    root = parse(text)
    if root.kind != "object":
        raise SettingError("it holds no JSON object")
    hooks = root.members.get("hooks")
    if hooks is None:
        return [insertion(text, root, new_settings(hook)["hooks"], "hooks")]
    if hooks.kind != "object":
        raise SettingError('"hooks" is no object')
    # Several events that are all missing go in as one insertion: two at one place would need
    # each other's commas.
    missing = {}
    made = []
    for event, group in _groups(hook).items():
        groups = hooks.members.get(event)
        if groups is None:
            missing[event] = [group]
        elif groups.kind != "array":
            raise SettingError(f'"hooks.{event}" is no list')
        else:
            made.append(insertion(text, groups, group))
    return made + _members(text, hooks, missing)


def _members(text: str, hooks: Any, missing: dict[str, Any]) -> list[Insertion]:
    made = [insertion(text, hooks, value, event) for event, value in missing.items()]
    if len(made) < 2:
        return made
    first, *others = made
    if hooks.items:
        rest = [one.text if one.text.startswith(",") else f",{one.text}" for one in others]
        return [Insertion(first.at, first.text + "".join(rest))]
    # An empty object: each text may end with the line break before the closing brace.
    tail = first.text[len(first.text.rstrip()) :]
    bodies = [first.text.rstrip(), *(one.text.rstrip() for one in others)]
    return [Insertion(first.at, ",".join(bodies) + tail)]


def _groups(hook: ClaudeHook) -> dict[str, dict[str, Any]]:
    events: dict[str, str | None] = {**_BASE_EVENTS, **(_PROMPT_EVENTS if hook.prompts else {})}
    handler = _handler(hook)
    return {
        event: {"hooks": [handler]} if matcher is None else {"matcher": matcher, "hooks": [handler]}
        for event, matcher in events.items()
    }


def _handler(hook: ClaudeHook) -> dict[str, Any]:
    if hook.command:
        return {"type": "command", "command": hook.command, "timeout": TIMEOUT_S}
    return {
        "type": "http",
        "url": hook.url,
        "timeout": TIMEOUT_S,
        "headers": {
            "Authorization": f"Bearer ${TOKEN_VARIABLE}",
            "X-TaskStart-Task": f"${TASK_VARIABLE}",
        },
        "allowedEnvVars": [TOKEN_VARIABLE, TASK_VARIABLE],
    }
