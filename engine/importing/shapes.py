"""What Claude Code writes, as far as an import reads it.

Fields of small values are of any type, since a strange one must be named in a refusal; large parts
stay undecoded until they are wanted.
"""

from __future__ import annotations

from typing import Any

import msgspec

AGENT_TOOLS = frozenset({"Agent", "Task"})
"""The tool that starts an agent, by its newer and its older name."""
_SPOKEN = frozenset({"user", "assistant"})
_BOOKKEEPING = frozenset(
    [
        "agent-color",
        "agent-name",
        "agent-setting",
        "ai-title",
        "artifact-autoreact-ledger",
        "artifact-comment-monitor",
        "atis-latch",
        "attachment",
        "attribution-snapshot",
        "bridge-session",
        "compact",
        "content-replacement",
        "continued-in",
        "cost-state",
        "custom-title",
        "file-history-delta",
        "file-history-snapshot",
        "frame-link",
        "history-suppression",
        "last-prompt",
        "marble-origami-commit",
        "marble-origami-snapshot",
        "mode",
        "permission-mode",
        "pr-link",
        "progress",
        "queue-operation",
        "relocated",
        "speculation-accept",
        "summary",
        "system",
        "tag",
        "task-summary",
        "turn_end",
        "worktree-state",
    ]
)


class Entry(msgspec.Struct, rename="camel"):
    """What an import reads of a line; the large parts stay undecoded."""

    type: Any = None
    timestamp: Any = None
    session_id: Any = None
    cwd: Any = None
    agent_id: Any = None
    is_sidechain: Any = None
    parent_tool_use_id: Any = msgspec.field(default=None, name="parentToolUseID")
    message: msgspec.Raw = msgspec.Raw(b"")
    tool_use_result: msgspec.Raw = msgspec.Raw(b"")
    attachment: msgspec.Raw = msgspec.Raw(b"")
    data: msgspec.Raw = msgspec.Raw(b"")

    @property
    def spoken(self) -> bool:
        """Whether it is a message of the user (a tool's result too) or of the assistant."""
        return self.type in _SPOKEN

    @property
    def known(self) -> bool:
        """Whether its type is one that Claude Code is known to write."""
        return self.type in _SPOKEN or self.type in _BOOKKEEPING


class Block(msgspec.Struct):
    """One part of a message."""

    type: Any = None
    id: Any = None
    name: Any = None
    tool_use_id: Any = None
    is_error: Any = None
    input: msgspec.Raw = msgspec.Raw(b"")
    text: msgspec.Raw = msgspec.Raw(b"")


class Message(msgspec.Struct):
    """What was said."""

    content: msgspec.Raw = msgspec.Raw(b"")


class AgentInput(msgspec.Struct):
    """The arguments of the tool that starts agents."""

    prompt: Any = None
    description: Any = None
    subagent_type: Any = None


class ToolResult(msgspec.Struct, rename="camel"):
    """What Claude Code notes of a tool's result beside its text."""

    agent_id: Any = None


class HookRun(msgspec.Struct, rename="camel"):
    """An attachment that tells how long a hook took."""

    type: Any = None
    hook_event: Any = None
    duration_ms: Any = None


class AgentProgress(msgspec.Struct, rename="camel"):
    """A note on an agent at work."""

    type: Any = None
    agent_id: Any = None


class AgentSidecar(msgspec.Struct, rename="camel"):
    """The file beside an agent's transcript."""

    agent_type: Any = None
    tool_use_id: Any = None
