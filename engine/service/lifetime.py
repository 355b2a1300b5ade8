"""How long an engine's process lives.

One that `taskstart serve` began runs until it is told to end. One that a console began ends as soon
as nobody uses it: its console has gone, no other one is attached, and no agent has called for
`AGENTS_AWAY_S`. A console can tell it to stay. One that a console began for itself alone (for a
replay) ends with that console.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import time
from collections.abc import Callable, Iterator

from engine.errors import ServiceError
from engine.service.messages import Stays

AGENTS_AWAY_S = 30 * 60.0
"""Agents that have not called for so long are gone: bursts of starts are minutes apart."""

_STOP = "`taskstart serve --stop` ends it"


class BegunBy(enum.Enum):
    """Who began the engine's process."""

    SERVE = "serve"
    CONSOLE = "console"
    CONSOLE_ALONE = "console-alone"
    """For its own replay: nobody else finds this engine."""


class Lifetime:
    """Who uses the engine; sets `ending` once nobody does."""

    def __init__(
        self,
        ending: asyncio.Event,
        begun_by: BegunBy = BegunBy.SERVE,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ending = ending
        self._begun_by = begun_by
        self._now = now
        self._starter_there = begun_by is not BegunBy.SERVE
        self._viewers = 0
        self._unwatched_since: float | None = None
        self._answering = 0
        self._called_at = float("-inf")
        self.told_to_stay = False

    # ---- who uses it ------------------------------------------------------------------------

    def viewers_are(self, count: int) -> None:
        """So many consoles are attached now."""
        self._viewers = count
        self._unwatched_since = None if count else self._now()
        self.look()

    def starter_left(self) -> None:
        """The console that began the engine has gone, by whatever way."""
        self._starter_there = False
        self.look()

    @contextlib.contextmanager
    def agent_call(self) -> Iterator[None]:
        """Around the answering of an agent; one that is refused does not keep the engine."""
        self._answering += 1
        try:
            yield
            self.agent_called()
        finally:
            self._answering -= 1

    def agent_called(self) -> None:
        """An agent has its answer."""
        self._called_at = self._now()

    def look(self) -> None:
        """End the engine if nobody uses it any more; for once a second, too."""
        if not self.stays(self._viewers, starter_there=self._starter_there):
            self._ending.set()

    @property
    def unwatched_s(self) -> float:
        """Seconds since the last console left; 0 while one is attached, or none ever was."""
        return 0.0 if self._unwatched_since is None else self._now() - self._unwatched_since

    @property
    def is_for_one_console(self) -> bool:
        """Whether a console began the engine for itself alone."""
        return self._begun_by is BegunBy.CONSOLE_ALONE

    @property
    def starter_there(self) -> bool:
        """Whether the console that began the engine is there; False where none began it."""
        return self._starter_there

    # ---- what is told of it -----------------------------------------------------------------

    def stays(self, viewers: int, *, starter_there: bool) -> Stays:
        """Why the engine goes on with so many consoles attached, or that it does not."""
        if self._begun_by is BegunBy.SERVE:
            return Stays.SERVED
        if self._begun_by is BegunBy.CONSOLE_ALONE:
            return Stays.CONSOLES if starter_there else Stays.NO
        if self.told_to_stay:
            return Stays.TOLD
        if viewers > 0 or starter_there:
            return Stays.CONSOLES
        if self._answering or self._now() - self._called_at < AGENTS_AWAY_S:
            return Stays.AGENTS
        return Stays.NO

    def stays_without_one(self, viewers: int) -> Stays:
        """Why it would go on if one of `viewers` consoles left."""
        # The console that began the engine is one of them, but for moments.
        return self.stays(viewers - 1, starter_there=False)

    def leave(self, *, starter: bool) -> Stays:
        """One console leaves: why the engine goes on, or that it ends now."""
        if starter:
            self._starter_there = False
        stays = self.stays(self._viewers - 1, starter_there=self._starter_there)
        if not stays:
            self._ending.set()
        return stays

    def tell_to_stay(self, on: bool) -> str:
        """Go on without any console, or no longer; what holds now, in words.

        Raises:
            ServiceError: the engine is one console's own.
        """
        if self._begun_by is BegunBy.SERVE:
            return f"`taskstart serve` began this engine: it stays; {_STOP}"
        if self._begun_by is BegunBy.CONSOLE_ALONE:
            raise ServiceError(
                "this engine is for the scenario alone: it ends with its console",
                "`taskstart --stay` without a scenario, or `taskstart serve`",
            )
        self.told_to_stay = on
        if on:
            return f"the engine stays when the consoles have gone; {_STOP}"
        return "the engine ends when the last console has gone and no agent calls"
