"""Counts what comes of a replay, while it plays."""

from __future__ import annotations

import enum
from array import array
from collections import Counter
from dataclasses import dataclass, field

from engine.errors import TaskStartError
from engine.replay.events import Op, WorkloadEvent
from engine.service.messages import StaleView
from engine.trace import LookUp, Namespace, Outcome, Phase, Trace

_REASONS_KEPT = 20


class StartKind(enum.StrEnum):
    """Which chance a start had of being prepared for."""

    FIRST = "first"
    """The first of its task and role."""
    SAME_INSTANT = "same_instant"
    """At the very moment of the event before it: nothing could be prepared in between."""
    OTHER = "other"


@dataclass(slots=True)
class Group:
    """Starts and how many of them were warm."""

    starts: int = 0
    warm: int = 0


@dataclass(slots=True)
class Segment:
    """What was measured between two changes of settings."""

    label: str
    totals_ns: array[int] = field(default_factory=lambda: array("q"))
    databases_ns: array[int] = field(default_factory=lambda: array("q"))
    """Database time of the starts that asked it."""
    first_ns: int | None = None
    """The total of the first start that was sent."""
    warm: int = 0
    errors: int = 0
    stale_before: StaleView | None = None
    """What had been counted when it began."""
    stale_after: StaleView | None = None
    """What had been counted when it ended; None where no answer can be stale."""

    @property
    def stale(self) -> StaleView:
        """Answers checked, and out of date, within this segment."""
        before, after = self.stale_before or StaleView(), self.stale_after or StaleView()
        return StaleView(
            checked=after.checked - before.checked,
            stale=after.stale - before.stale,
            text_differs=after.text_differs - before.text_differs,
            oldest_s=after.oldest_s if after.stale > before.stale else 0.0,
        )


@dataclass(slots=True)
class CacheCount:
    """Look-ups of one cache."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    needless: int = 0

    @property
    def asked(self) -> int:
        """Look-ups but those that an optimization switched off kept from being made."""
        return self.outcomes.total() - self.outcomes[Outcome.OFF]

    @property
    def answered(self) -> int:
        """Look-ups that a level answered."""
        return sum(count for outcome, count in self.outcomes.items() if outcome.answered)


class Tally:
    """Starts, writes, look-ups and failures of one replay. Everything is a plain count or sample."""

    def __init__(self) -> None:
        self.segments: list[Segment] = [Segment("")]
        self.caches: dict[Namespace, CacheCount] = {}
        self.kinds: dict[StartKind, Group] = {kind: Group() for kind in StartKind}
        self.phases_ns = [0] * len(Phase)
        self.writes = 0
        self.writes_without_row = 0
        self.writes_refused = 0
        self.refusals: list[str] = []
        self.failures: Counter[str] = Counter()
        self.modeled = False
        self._seen: set[tuple[int | None, str | None]] = set()
        self._last_t: float | None = None

    @property
    def segment(self) -> int:
        """Index of the present segment."""
        return len(self.segments) - 1

    @property
    def starts(self) -> int:
        """Starts answered or failed."""
        return sum(len(part.totals_ns) + part.errors for part in self.segments)

    @property
    def answers(self) -> int:
        """Starts answered."""
        return sum(len(part.totals_ns) for part in self.segments)

    @property
    def warm(self) -> int:
        """Starts that were served a finished answer."""
        return sum(part.warm for part in self.segments)

    @property
    def errors(self) -> int:
        """Starts that failed."""
        return sum(part.errors for part in self.segments)

    def begun(self, event: WorkloadEvent) -> StartKind:
        """Tell, in the order of the file, that an event begins; its kind if it is a start."""
        same_instant = event.t == self._last_t
        if event.op is not Op.NOTE:
            self._last_t = event.t
        if event.op is not Op.TASKSTART:
            return StartKind.OTHER
        key = (event.task_id, event.agent_role)
        if key not in self._seen:
            self._seen.add(key)
            return StartKind.FIRST
        return StartKind.SAME_INSTANT if same_instant else StartKind.OTHER

    def answered(self, trace: Trace, kind: StartKind, segment: int) -> None:
        """A start was answered."""
        part = self.segments[segment]
        if part.first_ns is None:
            part.first_ns = trace.total_ns
        part.totals_ns.append(trace.total_ns)
        part.warm += trace.warm
        if trace.asked_database:
            part.databases_ns.append(trace.phases[Phase.DATABASE])
        group = self.kinds[kind]
        group.starts += 1
        group.warm += trace.warm
        self.modeled |= trace.modeled
        for phase, spent_ns in enumerate(trace.phases):
            self.phases_ns[phase] += spent_ns
        for lookup in trace.lookups:
            self._count(lookup)

    def _count(self, lookup: LookUp) -> None:
        count = self.caches.setdefault(lookup.namespace, CacheCount())
        count.outcomes[lookup.outcome] += 1
        count.needless += lookup.needless

    def failed(self, error: TaskStartError, kind: StartKind, segment: int) -> None:
        """A start failed with a reason of the engine's."""
        self.segments[segment].errors += 1
        self.kinds[kind].starts += 1
        reason = f"{error.code}: {error.reason}"
        if reason in self.failures or len(self.failures) < _REASONS_KEPT:
            self.failures[reason] += 1

    def written(self, *, met: bool) -> None:
        """A write was committed; `met` tells whether what it names exists."""
        self.writes += 1
        self.writes_without_row += not met

    def refused(self, reason: str) -> None:
        """A write broke a constraint of the schema."""
        self.writes += 1
        self.writes_refused += 1
        if len(self.refusals) < _REASONS_KEPT:
            self.refusals.append(reason)

    def end_segment(self, stale: StaleView | None) -> None:
        """The present settings are about to end; `stale` counts answers checked so far."""
        self.segments[-1].stale_after = stale

    def new_segment(self, label: str, stale: StaleView | None = None) -> None:
        """Settings have changed: what follows is counted apart from what `stale` counts now."""
        self.segments.append(Segment(label, stale_before=stale))
