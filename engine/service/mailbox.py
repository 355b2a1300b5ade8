"""What an engine has sent over one connection, for those who wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import AsyncIterator, Iterator

from engine.errors import ServiceError
from engine.service.messages import (
    Event,
    Goodbye,
    Hello,
    Reply,
    ReplyBody,
    Snapshot,
    Stays,
    ToViewer,
)

MAX_WAITING_EVENTS = 64


class Mailbox:
    """Replies by number, events in order, and of the snapshots the newest."""

    def __init__(self) -> None:
        self.hello: Hello | None = None
        self.ended = asyncio.Event()
        """Set when nothing more will come; `failure` says why (None: on purpose)."""
        self.failure: ServiceError | None = None
        self.dismissed = False
        """The engine has said that it ends."""
        self.stays: Stays | None = None
        """As the last snapshot said; None before the first."""
        self.recording = ""
        """Path of the recording that is on, as the last snapshot said."""
        self._numbers = itertools.count(1)
        self._pending: dict[int, asyncio.Future[ReplyBody]] = {}
        self._snapshot: Snapshot | None = None
        self._events: deque[Event] = deque(maxlen=MAX_WAITING_EVENTS)
        self._news = asyncio.Event()

    @contextlib.contextmanager
    def expected(self) -> Iterator[tuple[int, asyncio.Future[ReplyBody]]]:
        """A number for a request, and its reply to come, while the context lasts."""
        number = next(self._numbers)
        future: asyncio.Future[ReplyBody] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        try:
            yield number, future
        finally:
            del self._pending[number]

    def take(self, message: ToViewer) -> None:
        """A message has come."""
        match message:
            case Snapshot():
                self._snapshot = message
                self.stays = message.stays
                self.recording = message.recording
                self._news.set()
            case Event():
                self._events.append(message)
                self._news.set()
            case Reply():
                future = self._pending.get(message.id)
                if future is not None and not future.done():
                    future.set_result(message.body)
            case Hello():
                self.hello = message
            case Goodbye():
                self.dismissed = True

    def end(self, failure: ServiceError | None) -> None:
        """Nothing more comes: whoever waits for a reply gets `failure`."""
        self.failure = failure
        self.ended.set()
        for future in self._pending.values():
            if not future.done():
                future.set_exception(failure or ServiceError("the engine was left"))
        self._news.set()

    async def messages(self) -> AsyncIterator[Snapshot | Event]:
        """Every event in order, and always the newest snapshot; for one consumer.

        Ends after `end`.

        Raises:
            ServiceError: what `end` was given.
        """
        while True:
            while self._events:
                yield self._events.popleft()
            if self._snapshot is not None:
                snapshot, self._snapshot = self._snapshot, None
                yield snapshot
                continue
            if self.ended.is_set():
                if self.failure is not None:
                    raise self.failure
                return
            self._news.clear()
            await self._news.wait()
