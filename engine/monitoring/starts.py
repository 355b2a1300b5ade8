"""The last TaskStarts in full, for the list of starts and the view of one."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice, repeat
from typing import NamedTuple

from engine.context.measure import characters, rendered_sections
from engine.monitoring.samples import Batch, KeptAnswer, KeptDelivery
from engine.monitoring.wording import clock_text
from engine.service.messages import (
    DeliveryView,
    LookUpView,
    SectionView,
    SpanView,
    StartDetail,
    StartList,
    StartView,
)
from engine.trace import Namespace, Outcome, Phase, Trace

STARTS = 2_000
"""Starts whose trace is kept."""
ANSWERS = 200
"""Starts whose answer is kept, too."""

_REASONS: dict[Outcome, str] = {
    Outcome.FIRST_TIME: "first time",
    Outcome.EXPIRED: "expired",
    Outcome.NO_ROOM: "no room",
    Outcome.CHANGED: "changed",
    Outcome.JOINED: "joined another",
    Outcome.OFF: "answers off",
}


class _Start(NamedTuple):
    id: int
    trace: Trace
    at_s: float
    source: str
    zero: datetime
    """The clock time of second 0, as it was when the start was taken in: while a replay moves a
    virtual clock, and when it is over, the two do not go on together."""


class RecentStarts:
    """A ring of the last starts, by the number that `Monitor.record` gave."""

    def __init__(self, now: Callable[[], float], wall: Callable[[], datetime]) -> None:
        self._now = now
        self._wall = wall
        self._starts: deque[_Start] = deque(maxlen=STARTS)
        self._answers: deque[KeptAnswer | None] = deque(maxlen=ANSWERS)
        """Of the last starts."""
        self._deliveries: OrderedDict[int, tuple[Trace, KeptDelivery]] = OrderedDict()

    def delivered(self, trace: Trace, delivery: KeptDelivery) -> None:
        """Keep what the agent was given of the start of this trace."""
        # By identity, which nothing else can have while the trace itself is kept beside it.
        self._deliveries[id(trace)] = (trace, delivery)
        if len(self._deliveries) > ANSWERS:
            self._deliveries.popitem(last=False)

    def _delivery(self, trace: Trace) -> KeptDelivery | None:
        kept = self._deliveries.get(id(trace))
        return kept[1] if kept is not None and kept[0] is trace else None

    def extend(self, batch: Batch) -> None:
        """Add starts, in order; older ones lose their answer, then their place."""
        zero = self._wall() - timedelta(seconds=self._now())
        rows = zip(batch.ids, batch.traces, batch.at_s, batch.sources, repeat(zero))
        self._starts.extend(map(_Start._make, rows))
        self._answers.extend(batch.answers)

    def views(self, limit: int, before: int | None = None) -> StartList:
        """At most `limit` starts, newest first, those before number `before` when given."""
        newest = self._starts[-1].id if self._starts else 0
        skip = max(0, newest - before + 1) if before is not None else 0
        chosen = islice(reversed(self._starts), skip, skip + max(0, limit))
        return StartList(
            starts=[self._start_view(recorded) for recorded in chosen],
            total=len(self._starts),
        )

    def detail(self, number: int) -> StartDetail | None:
        """One start in full; None when it is no longer kept."""
        if not self._starts or not self._starts[0].id <= number <= self._starts[-1].id:
            return None
        recorded = self._starts[number - self._starts[0].id]
        newer = self._starts[-1].id - number
        answer = self._answers[-1 - newer] if newer < len(self._answers) else None
        trace = recorded.trace
        given = self._delivery(trace)
        text = given.text if given is not None else answer.text if answer is not None else ""
        return StartDetail(
            start=self._start_view(recorded),
            phases={phase.label: trace.phases[phase] / 1e6 for phase in Phase},
            spans=[
                SpanView(one.name, one.start_ns / 1e6, one.end_ns / 1e6, one.modeled_ns / 1e6)
                for one in trace.spans
            ],
            lookups=[
                LookUpView(
                    one.namespace.label,
                    one.outcome.value,
                    None if one.level is None else int(one.level),
                    one.needless,
                )
                for one in trace.lookups
            ],
            text=text,
            warnings=list(answer.warnings) if answer is not None else [],
            delivery=given.view() if given is not None else _rendered(text, recorded.source),
        )

    def _start_view(self, recorded: _Start) -> StartView:
        trace = recorded.trace
        given = self._delivery(trace)
        because = "" if trace.warm or trace.error is not None else _reason(trace)
        return StartView(
            id=recorded.id,
            clock=clock_text(recorded.zero + timedelta(seconds=recorded.at_s)),
            task_id=trace.task_id,
            agent_role=trace.agent_role,
            total_ms=trace.total_ns / 1e6,
            warm=trace.warm,
            modeled=trace.modeled,
            source=recorded.source,
            error=trace.error,
            changed=(given.brief if given is not None else "") or because,
            event=given.caller if given is not None else "",
            shortened=given is not None and given.shortened,
        )


def _rendered(text: str, source: str) -> DeliveryView | None:
    """A text in AgentPM's rendering, which no budget shortens."""
    if not text:
        return None
    length = characters(text)
    return DeliveryView(
        caller="AgentPM" if source == "hook" else source,
        rendering="agentpm",
        characters=length,
        whole=length,
        budget=None,
        sections=[SectionView(name, count, count) for name, count in rendered_sections(text)],
    )


def _reason(trace: Trace) -> str:
    """Why the finished answer was not served, in two words."""
    if trace.is_without_task:
        return "no task"
    for lookup in trace.lookups:
        if lookup.namespace is Namespace.ANSWERS:
            return _REASONS.get(lookup.outcome, "")
    return _REASONS[Outcome.OFF]
