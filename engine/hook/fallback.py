"""A hook's answer without a running engine: `python -m engine.hook.fallback PROJECT PATH`.

The same routes answer the same request, on an engine that is opened for it alone; so the result
is the same, some hundred milliseconds later. Standard input is the request's body.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

import msgspec

from engine.core.engine import Engine
from engine.core.request import parse_request
from engine.core.warm import StartedAtOnce
from engine.errors import SettingError, TaskStartError
from engine.hook.application import Application
from engine.hook.claude_settings import TASK_VARIABLE
from engine.hook.client import task_header
from engine.hook.ports import AnswerLike
from engine.hook.replies import refusal_of
from engine.hook.responding import Caller
from engine.hook.wire import MOST_BODY_BYTES, HttpRequest, HttpResponse, RefusalError
from engine.monitoring.monitor import Monitor
from engine.optimizations import Optimization
from engine.service.messages import EngineState
from engine.settings import HookBudgets, Settings
from engine.settings.file import load_settings, settings_file

T = TypeVar("T")

log = logging.getLogger(__name__)

# One batched read and no pool, cache or compiling that one start could not use.
_ONE_START = frozenset({Optimization.PARALLEL_QUERIES})


class EngineDesk:
    """An engine of one's own at the desk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def start_task(self, task_id: object, agent_role: object, *, source: str) -> AnswerLike:
        """One TaskStart.

        Raises:
            TaskStartError: why there is no answer.
        """
        request = parse_request(task_id, agent_role)
        return await self._engine.task_start(request.task_id, request.agent_role, source=source)

    def start_at_once(
        self, task_id: object, agent_role: object, *, source: str
    ) -> StartedAtOnce | None:
        """One TaskStart, where that takes no waiting."""
        return self._engine.task_start_at_once(task_id, agent_role, source=source)

    def note(self, started: StartedAtOnce, source: str) -> None:
        """Count such a start."""
        started.note()

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on a read-only connection of the project.

        Raises:
            TaskStartError: the database cannot be read.
        """
        return await self._engine.read(work)

    async def root(self) -> Path:
        """The project's folder."""
        return self._engine.project.root

    def state(self) -> EngineState:
        """Ready, since it is open."""
        return self._engine.state

    def project_name(self) -> str:
        """What the project is called."""
        return self._engine.project.name

    def budgets(self) -> HookBudgets:
        """The budgets in force, by caller."""
        return self._engine.settings.budgets

    def monitor(self) -> Monitor | None:
        """What is known of the engine's starts."""
        return self._engine.monitor


@contextlib.asynccontextmanager
async def opened_desk(project: Path) -> AsyncIterator[EngineDesk]:
    """An engine for one answer, without injected costs: nobody watches it.

    Raises:
        TaskStartError: the project cannot be read.
    """
    settings = msgspec.structs.replace(
        await asyncio.to_thread(_settings_of, project), optimizations=_ONE_START, profile="native"
    )
    async with Engine.open(project, settings=settings, background=False) as engine:
        yield EngineDesk(engine)


def _settings_of(project: Path) -> Settings:
    try:
        return load_settings(settings_file(project))
    except SettingError as error:
        # An agent that waits is not to pay for a typing mistake of whoever tunes the engine.
        log.error("%s: assembling with the default settings", error.reason)
        return Settings()


async def respond_once(project: Path, request: HttpRequest) -> HttpResponse:
    """Answer one request without a running engine; a failure comes as its response."""
    caller = Caller(is_local_socket=True)
    try:
        async with opened_desk(project) as desk:
            return await Application(desk).respond(request, caller)
    except TaskStartError as error:
        return refusal_of(error).response()
    except RefusalError as refusal:
        return refusal.response()


def request_of(target: str, body: bytes) -> HttpRequest:
    """The request that our client would have sent to the engine."""
    headers = {b"host": b"localhost"}
    if named := task_header(os.environ.get(TASK_VARIABLE, "")):
        headers[b"x-taskstart-task"] = named.encode()
    return HttpRequest(method="POST", target=target.encode(), headers=headers, body=body)


def main() -> int:
    """The entry of the process; its exit code."""
    logging.basicConfig(level=logging.ERROR, format="taskstart: %(message)s")
    project, target = Path(sys.argv[1]), sys.argv[2]
    body = sys.stdin.buffer.read(MOST_BODY_BYTES + 1)
    response = asyncio.run(respond_once(project, request_of(target, body)))
    succeeded = response.status is HTTPStatus.OK
    stream = sys.stdout.buffer if succeeded else sys.stderr.buffer
    stream.write(response.body)
    stream.flush()
    return 0 if succeeded else 1


if __name__ == "__main__":
    sys.exit(main())
