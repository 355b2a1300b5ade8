"""Who asks: the kinds of callers, each with a budget of its own."""

from __future__ import annotations

import enum

from engine.settings import HookBudgets


class HookCaller(enum.StrEnum):
    """A kind of caller; the value is the name of its budget among the settings."""

    AGENTPM = "agentpm"
    SUBAGENT_START = "subagent_start"
    USER_PROMPT_SUBMIT = "user_prompt_submit"
    PRE_TOOL_USE = "pre_tool_use"

    @property
    def label(self) -> str:
        """What it is called: AgentPM, or Claude Code's name of the event."""
        return _LABELS[self]

    @property
    def setting(self) -> str:
        """The path of its budget among the settings."""
        return f"budgets.{self.value}"

    def budget(self, budgets: HookBudgets) -> int | None:
        """Most characters of its contexts; None is no bound."""
        most: int = getattr(budgets, self.value)
        return most or None


_LABELS = {
    HookCaller.AGENTPM: "AgentPM",
    HookCaller.SUBAGENT_START: "SubagentStart",
    HookCaller.USER_PROMPT_SUBMIT: "UserPromptSubmit",
    HookCaller.PRE_TOOL_USE: "PreToolUse",
}
CLAUDE_CODE_EVENTS = {
    caller.label: caller for caller in HookCaller if caller is not HookCaller.AGENTPM
}
"""By the name that Claude Code gives them."""
