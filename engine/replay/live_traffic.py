"""The last minute of live traffic, always kept in memory."""

from __future__ import annotations

from collections import deque
from operator import attrgetter

from engine.replay.events import WorkloadEvent
from engine.trace import Level, Namespace, Outcome, Trace

MOST_KEPT = 32_768
"""Entries: a minute at 500 starts a second. 170 bytes each."""
_DOUBTED = frozenset({Outcome.CHANGED, Outcome.CONFIRMED})
LONGEST_ROLE = 100
"""AgentPM's own bound on a role; a longer text is no role and might be a prompt."""
NOT_ANSWERED = -1


class LiveStart:
    """One TaskStart of live traffic, and what was measured of it once it has ended."""

    __slots__ = (
        "agent_role",
        "at",
        "error",
        "level",
        "met_change",
        "profile",
        "source",
        "task_id",
        "total_ns",
        "warm",
    )
    rank = 1

    def __init__(self, at: float, task_id: int, agent_role: str | None, source: str) -> None:
        self.at = at
        """Monotonic seconds when it arrived."""
        self.task_id = task_id
        self.agent_role = agent_role if agent_role is None or _is_role(agent_role) else None
        self.source = source
        self.total_ns = NOT_ANSWERED
        """Nanoseconds that it took; `NOT_ANSWERED` until it has ended."""
        self.level: Level | None = None
        """The cache level that held its finished answer; None when it was built."""
        self.met_change = False
        """Whether its finished answer had been put in doubt by a commit."""
        self.warm = False
        self.profile = "native"
        self.error = ""
        """The code of the error that it ended with."""

    def answered(self, trace: Trace) -> None:
        """Keep what was measured."""
        self.total_ns = trace.total_ns
        self.warm = trace.warm
        self.profile = trace.profile
        for lookup in trace.lookups:
            if lookup.namespace is Namespace.ANSWERS:
                self.level = lookup.level
                self.met_change = lookup.outcome in _DOUBTED
                break

    def failed(self, total_ns: int, code: str) -> None:
        """Keep that it failed. An error's words may quote what was asked: its code does not."""
        self.total_ns = total_ns
        self.error = code


class LiveChange:
    """Something else that happened: a write of another process, or words about what is seen."""

    __slots__ = ("at", "event", "rank")

    def __init__(self, at: float, event: WorkloadEvent, *, first: bool = False) -> None:
        """`event` happened at `at`, monotonic seconds; its own time does not count.

        `first` puts it before all else of that moment, as what a start of that moment met.
        """
        self.at = at
        self.event = event
        self.rank = 0 if first else 1


LiveEntry = LiveStart | LiveChange
in_order = attrgetter("at", "rank")
"""The order of a recording, as a key; within a moment, what was told first comes first."""


class LiveRing:
    """What has happened lately, bounded by time and by number."""

    def __init__(self, seconds: float = 60.0, most: int = MOST_KEPT) -> None:
        """Older entries than `seconds` are dropped, as new ones come."""
        self.seconds = seconds
        self._entries: deque[LiveEntry] = deque(maxlen=most)

    def add(self, entry: LiveEntry) -> None:
        """Keep `entry`; half a microsecond."""
        entries = self._entries
        entries.append(entry)
        oldest = entry.at - self.seconds
        while entries[0].at < oldest:
            entries.popleft()

    def __len__(self) -> int:
        return len(self._entries)

    def since(self, at: float) -> list[LiveEntry]:
        """What has happened from `at` on, as it was told: what was noticed late comes late."""
        return [entry for entry in self._entries if entry.at >= at]


def _is_role(text: str) -> bool:
    if len(text) > LONGEST_ROLE:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate is no UTF-8 text
        return False
    return True
