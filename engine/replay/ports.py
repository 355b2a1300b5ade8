"""What a replay needs of the engine that it plays on, and nothing more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from engine.replay.events import WorkloadEvent
from engine.service.messages import StaleView
from engine.settings import Settings
from engine.trace import Trace


class Answered(Protocol):
    """An answer."""

    @property
    def trace(self) -> Trace: ...


class TaskStarter(Protocol):
    """An engine, as a player sends starts to it."""

    async def task_start(
        self,
        task_id: int,
        agent_role: str | None = None,
        *,
        intended_ns: int | None = None,
        source: str = "api",
    ) -> Answered: ...


class Steered(Protocol):
    """An engine, as a workload steers it."""

    @property
    def settings(self) -> Settings: ...
    async def apply(self, settings: Settings, label: str = "") -> None: ...
    def clear_caches(self) -> None: ...
    async def warm_now(self) -> None: ...
    async def check_now(self) -> None: ...
    def stale_view(self) -> StaleView | None: ...


class Writer(Protocol):
    """Who carries out the writes."""

    async def apply(self, event: WorkloadEvent) -> bool: ...


class Staleness(Protocol):
    """Who knows whether answers were out of date when they went out."""

    async def check(self) -> None:
        """Check what has gone out unchecked, before the next write makes that impossible."""

    def view(self) -> StaleView | None:
        """The counts since the freshness mode was last changed; None when it lets none be stale."""


ChangeSettings = Callable[[Mapping[str, Any], str, bool], Awaitable[None]]
"""Changes settings by path; the label of the mark; whether to forget all cached values first."""
Rest = Callable[[float], Awaitable[None]]
"""Lets background work run for at most so many seconds."""
