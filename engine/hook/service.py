"""The hook service of an engine's process: its host at the desk, and the sockets in front of it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

from engine.core.answer import Answer
from engine.core.engine import Engine
from engine.core.request import parse_request
from engine.core.warm import StartedAtOnce
from engine.hook.application import Application
from engine.hook.at_once import AnswersAtOnce
from engine.hook.listener import HookListener
from engine.hook.ports import AnswerLike, ReadsDatabase
from engine.hook.responding import Caller
from engine.hook.tcp_door import TcpDoor
from engine.hook.wire import HttpRequest, HttpResponse
from engine.monitoring.monitor import Monitor
from engine.service.host import Host
from engine.service.messages import EngineState, Event
from engine.service.tasks import task_group
from engine.settings import HookBudgets

T = TypeVar("T")


class HostDesk:
    """The live engine of a host, which records what hooks ask when a recording is on."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def start_task(self, task_id: object, agent_role: object, *, source: str) -> AnswerLike:
        """One TaskStart on the live engine, once it is open.

        Raises:
            TaskStartError: why there is no answer.
        """
        request = parse_request(task_id, agent_role)
        asked_task, asked_role = request
        answer = await self._host.start_task(asked_task, asked_role, source=source)
        assert isinstance(answer, Answer), "every real engine's answers are"
        return answer

    def start_at_once(
        self, task_id: object, agent_role: object, *, source: str
    ) -> StartedAtOnce | None:
        """One TaskStart on the live engine, where that takes no waiting."""
        stage = self._host.live.stage
        if stage is None or not isinstance(stage.engine, Engine):
            return None
        return stage.engine.task_start_at_once(task_id, agent_role, source=source)

    def note(self, started: StartedAtOnce, source: str) -> None:
        """Count such a start, record it, and know that an agent has called."""
        trace = started.note()
        if (recordings := self._host.recordings) is not None:
            start = recordings.began(trace.task_id, trace.agent_role, source)
            recordings.answered(start, trace)
        self._host.lifetime.agent_called()

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on a read-only connection of the project, off the event loop.

        Raises:
            TaskStartError: the database cannot be read.
        """
        engine = await self._host.live.opened()
        assert isinstance(engine, ReadsDatabase), "every real engine does"
        return await engine.read(work)

    async def root(self) -> Path:
        """The project's folder."""
        return await self._host.live.project_root()

    def state(self) -> EngineState:
        """Whether the engine can answer."""
        live = self._host.live
        if live.stage is not None:
            return live.stage.engine.state
        return EngineState.STARTING if live.error is None else EngineState.FAILED

    def project_name(self) -> str:
        """What the project is called, as far as it is known."""
        return self._host.live.project_view().name

    def budgets(self) -> HookBudgets:
        """The budgets in force, by caller."""
        live = self._host.live
        return (live.settings if live.stage is None else live.stage.engine.settings).budgets

    def monitor(self) -> Monitor | None:
        """What is known of the engine's starts; None while there is no engine."""
        stage = self._host.live.stage
        monitor = stage.engine.monitor if stage is not None else None
        return monitor if isinstance(monitor, Monitor) else None


@contextlib.asynccontextmanager
async def hook_service(host: Host, socket: Path) -> AsyncIterator[HookListener]:
    """Take agents' hooks at `socket` for as long as the context lasts.

    Raises:
        ServiceError: the socket cannot be made.
    """

    def tell(problem: str) -> None:
        host.announce(Event(title="hooks over TCP", text=problem, severity="warning"))

    door = TcpDoor(host.live.project_root, tell)
    desk = HostDesk(host)
    application = Application(desk, door.token)
    at_once = AnswersAtOnce(desk, door.token)

    async def respond(request: HttpRequest, caller: Caller) -> HttpResponse:
        if request.method == "GET":
            # Who only watches is no reason for the engine to stay.
            return await application.respond(request, caller)
        with host.lifetime.agent_call():
            return await application.respond(request, caller)

    async with (
        HookListener.open(socket, respond, respond_at_once=at_once.respond) as listener,
        task_group() as tasks,
    ):
        if host.lifetime.is_for_one_console:
            # The project's port is for the engine that serves its agents.
            yield listener
            return
        following = tasks.create_task(door.follow(listener), name="hook-tcp")
        try:
            yield listener
        finally:
            following.cancel()
