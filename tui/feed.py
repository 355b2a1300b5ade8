"""The stream from the engine: the latest snapshot, and whether there is an engine at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from engine.errors import ServiceError
from tui import wire as m
from tui.link import EngineLink
from tui.replay_end import AlertsAtEnd

if TYPE_CHECKING:
    from tui.outages import Outages


class EngineFeed:
    """Follows one engine; survives its death and goes on when it is started again."""

    def __init__(
        self,
        link: EngineLink,
        *,
        on_snapshot: Callable[[m.Snapshot], None],
        on_event: Callable[[m.Event], None],
        on_lost: Callable[[ServiceError], None],
        on_found: Callable[[], None],
    ) -> None:
        self.snapshot: m.Snapshot | None = None
        """The newest that has come; kept when the engine is lost, so that it can still be read."""
        self.lost = ""
        """Why there is no engine; empty while there is one or one is being started."""
        self._link = link
        self._on_snapshot = on_snapshot
        self._on_event = on_event
        self._on_lost = on_lost
        self._on_found = on_found
        self._again = asyncio.Event()
        self._under_way = False
        self._at_end = AlertsAtEnd()

    @cached_property
    def outages(self) -> Outages:
        """When there was no engine; imported with the engine, not before."""
        from tui.outages import Outages

        return Outages()

    async def run(self) -> None:
        """Follow until the connection is closed on purpose. A lost engine is no end."""
        start = self._link.open
        while True:
            self._under_way = True
            try:
                await start()
                self.lost = ""
                self.outages.end()
                self._on_found()
                async for message in self._link.messages():
                    if self._again.is_set():
                        break
                    self._take(message)
                else:
                    return
            except ServiceError as error:
                self._under_way = False
                self.lost = str(error)
                self.outages.begin(error.reason)
                self._on_lost(error)
            await self._again.wait()
            self._again.clear()
            start = self._link.restart

    @property
    def starting(self) -> bool:
        """Whether an engine is being started, or is to be, and has not sent a snapshot yet."""
        return self._under_way or self._again.is_set()

    @property
    def needs_start(self) -> bool:
        """Whether the engine is lost, or something keeps it from its work."""
        troubled = self.snapshot is not None and bool(self.snapshot.engine_error)
        return bool(self.lost) or troubled

    def start_again(self) -> bool:
        """Start an engine that needs it again; False when it does not, or is being started."""
        if self.starting or not self.needs_start:
            return False
        # An engine that is there sends snapshots all the time: `run` notices with the next one.
        self._again.set()
        return True

    def refresh(self) -> None:
        """Bring the outages in the newest snapshot up to date, which no other comes to do."""
        if self.snapshot is not None:
            self.snapshot = self.outages.added_to(self.snapshot)

    def _take(self, message: m.Snapshot | m.Event) -> None:
        if isinstance(message, m.Snapshot):
            self._under_way = False
            self.snapshot = self.outages.added_to(self._at_end.put_into(message))
            self._on_snapshot(self.snapshot)
        else:
            self._on_event(message)
