"""TaskStarts one by one: make one, list them, see one in full."""

from __future__ import annotations

import msgspec

from engine.service.messages.base import Command, ReplyBody


class StartTask(Command, kw_only=True, frozen=True):
    """Make one TaskStart now. Reply: `StartDetail`."""

    task_id: int
    agent_role: str | None = None


class ListStarts(Command, kw_only=True, frozen=True):
    """Reply: `StartList`, newest first; `before` pages on by id."""

    limit: int = 200
    before: int | None = None


class GetStart(Command, kw_only=True, frozen=True):
    """Reply: `StartDetail`."""

    id: int


class StartView(msgspec.Struct, kw_only=True, frozen=True):
    """One TaskStart in a list."""

    id: int
    clock: str
    task_id: int
    """0: no task was meant, the agent was given the project's context; or none that can be one."""
    agent_role: str | None
    total_ms: float
    warm: bool
    modeled: bool
    source: str
    """api, replay, console, cli, hook (AgentPM's), claude (Claude Code's)."""
    error: str | None = None
    changed: str = ""
    """Why it was not warm, in two words; empty when it was."""
    event: str = ""
    """Claude Code's event, where it asked; kept for the newest starts."""
    shortened: bool = False
    """A budget has cost that context something."""


class StartList(ReplyBody, kw_only=True, frozen=True):
    """Starts that are kept, newest first."""

    starts: list[StartView]
    total: int
    """How many are kept in all."""


class SpanView(msgspec.Struct, array_like=True, frozen=True):
    """A stretch of one start's time, in milliseconds from its intended beginning."""

    name: str
    start_ms: float
    end_ms: float
    modeled_ms: float
    """How much of it, at its end, a cost profile injected."""


class LookUpView(msgspec.Struct, array_like=True, frozen=True):
    """One question to one cache."""

    cache: str
    outcome: str
    level: int | None
    needless: bool


class SectionView(msgspec.Struct, array_like=True, frozen=True):
    """How much of one section of a context was written, in characters as JavaScript counts them."""

    name: str
    characters: int
    whole: int


class DeliveryView(msgspec.Struct, kw_only=True, frozen=True):
    """What the agent was given of a start, and what a budget has cost."""

    caller: str
    """Who asked: AgentPM, or Claude Code's event; else the start's source."""
    rendering: str
    """agentpm or full."""
    characters: int
    whole: int
    """Without any budget."""
    budget: int | None
    """None is no bound."""
    setting: str = ""
    """The setting that the budget is; empty where the request said it, or where none holds."""
    sections: list[SectionView] = msgspec.field(default_factory=list)


class StartDetail(ReplyBody, kw_only=True, frozen=True):
    """One TaskStart in full."""

    start: StartView
    phases: dict[str, float]
    spans: list[SpanView]
    lookups: list[LookUpView]
    text: str
    """The text that the agent was given; empty when it failed or is no longer kept."""
    warnings: list[str] = msgspec.field(default_factory=list)
    delivery: DeliveryView | None = None
    """None where there is no text."""
