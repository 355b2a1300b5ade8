"""Questions to the engine of which only the newest matters."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from engine.service.messages import Command, ReplyBody


class Send(Protocol):
    """Sends a command; see `EngineCommands.send`."""

    def __call__(
        self,
        command: Command,
        then: Callable[[ReplyBody], None],
        *,
        done: Callable[[], None],
        refused: Callable[[str], None],
    ) -> None: ...


class LatestQuestion:
    """At most one question is on its way; while it is, only the newest of the others is kept."""

    def __init__(
        self,
        send: Send,
        take: Callable[[ReplyBody], None],
        refused: Callable[[str], None],
    ) -> None:
        self._send = send
        self._take = take
        self._refused = refused
        self._on_its_way = False
        self._next: Command | None = None
        self._asked_at = 0.0
        self.took_s = 0.0
        """How long the last answer was on its way."""

    @property
    def idle(self) -> bool:
        """Nothing is on its way."""
        return not self._on_its_way

    def ask(self, command: Command) -> None:
        """Ask now, or as soon as the answer that is on its way has come."""
        if self._on_its_way:
            self._next = command
            return
        self._on_its_way = True
        self._asked_at = time.monotonic()
        self._send(command, self._answer, done=self._done, refused=self._refused)

    def forget(self) -> None:
        """What has not been asked yet need not be."""
        self._next = None

    def _answer(self, reply: ReplyBody) -> None:
        # With a newer question waiting, this answer is of something that nobody looks at any more.
        if self._next is None:
            self._take(reply)

    def _done(self) -> None:
        self._on_its_way = False
        self.took_s = time.monotonic() - self._asked_at
        if self._next is not None:
            command, self._next = self._next, None
            self.ask(command)
