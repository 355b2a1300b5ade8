"""What the hook service needs of the engine's process, and nothing more."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from engine.monitoring.monitor import Monitor
from engine.service.messages import EngineState
from engine.settings import HookBudgets
from engine.trace import Trace

T = TypeVar("T")


class AnswerLike(Protocol):
    """What a TaskStart returns."""

    @property
    def text(self) -> str: ...
    @property
    def payload(self) -> dict[str, Any]: ...
    @property
    def trace(self) -> Trace: ...
    @property
    def content(self) -> object:
        """The same object for as long as the same context is served from memory."""


@runtime_checkable
class ReadsDatabase(Protocol):
    """An engine whose database can be asked other things than a TaskStart."""

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on a read-only connection, off the event loop."""


class Desk(Protocol):
    """Where hooks ask: the live engine, once it is open."""

    async def start_task(self, task_id: object, agent_role: object, *, source: str) -> AnswerLike:
        """One TaskStart.

        Raises:
            TaskStartError: why there is no answer.
        """

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on a read-only connection of the project, off the event loop.

        Raises:
            TaskStartError: the database cannot be read.
        """

    async def root(self) -> Path:
        """The project's folder."""

    def state(self) -> EngineState:
        """Whether the engine can answer."""

    def project_name(self) -> str:
        """What the project is called."""

    def budgets(self) -> HookBudgets:
        """The budgets in force, by caller."""

    def monitor(self) -> Monitor | None:
        """What is known of its starts; None while there is no engine."""
