"""An engine's client that is fed by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from engine.errors import ServiceError
from engine.service.messages import (
    Command,
    DiffSettings,
    Done,
    Event,
    GetForecast,
    GetReport,
    GetStaleExamples,
    GetStart,
    ListScenarios,
    ListStarts,
    Parting,
    PreviewSettings,
    ReplyBody,
    Report,
    Snapshot,
    StartTask,
    Stays,
    Suggest,
)
from tests.tui import predictions, samples


class FakeLink:
    """Remembers every command; pushes what a test gives it."""

    def __init__(self, *first: Snapshot | Event, fail_open: str = "") -> None:
        self.commands: list[Command] = []
        self.replies: dict[type[Command], ReplyBody] = {
            ListScenarios: samples.SCENARIOS,
            ListStarts: samples.STARTS,
            GetStart: samples.DETAIL,
            StartTask: samples.DETAIL,
            GetForecast: predictions.FORECAST,
            PreviewSettings: predictions.PREVIEW,
            Suggest: predictions.SUGGESTION,
            GetStaleExamples: predictions.STALE_EXAMPLES,
            DiffSettings: predictions.DIFFERENCES,
            GetReport: Report(report=predictions.report()),
        }
        self.opened = 0
        self.restarted = 0
        self.closed = False
        self.may_restart = asyncio.Event()
        """Cleared, a restart takes until it is set."""
        self.may_restart.set()
        self._fail_open = fail_open
        self._queue: asyncio.Queue[Snapshot | Event | ServiceError | None] = asyncio.Queue()
        for message in first:
            self._queue.put_nowait(message)

    async def open(self) -> None:
        """Count, or fail as told."""
        self.opened += 1
        if self._fail_open:
            raise ServiceError(self._fail_open, "look at its log")

    async def messages(self) -> AsyncIterator[Snapshot | Event]:
        """What has been pushed, in order."""
        while (message := await self._queue.get()) is not None:
            if isinstance(message, ServiceError):
                raise message
            yield message

    async def request(self, command: Command) -> ReplyBody:
        """The reply prepared for this type of command."""
        self.commands.append(command)
        return self.replies.get(type(command), Done())

    async def restart(self) -> None:
        """Count; takes as long as told."""
        self.restarted += 1
        self._fail_open = ""
        await self.may_restart.wait()

    async def close(self) -> Parting:
        """End the messages."""
        self.closed = True
        self._queue.put_nowait(None)
        return Parting(stays=Stays.NO)

    @property
    def is_read(self) -> bool:
        """Whether all that was pushed has been taken."""
        return self._queue.empty()

    def push(self, message: Snapshot | Event) -> None:
        """Push one message to the console."""
        self._queue.put_nowait(message)

    def die(self, reason: str = "the engine's process was killed") -> None:
        """End as an engine that crashed."""
        self._queue.put_nowait(ServiceError(reason))

    def sent(self, kind: type[Command]) -> list[Command]:
        """The commands of one type that were sent."""
        return [command for command in self.commands if isinstance(command, kind)]
