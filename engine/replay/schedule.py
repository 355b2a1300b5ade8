"""When each event of a workload is due on the wall.

Idle gaps are cut on the wall only: the virtual clock always shows the workload's own time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.replay.events import Op, WorkloadEvent

LONGEST_UNCUT_S = 90.0
"""A workload that takes no longer than this is played with all its gaps."""
CUT_TARGET_S = 75.0
"""Wall seconds that a longer one takes at speed 1 after its gaps have been cut."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is sent together: TaskStarts of one instant up to the next other event, or one other event."""

    t: float
    """Seconds of the workload's own clock."""
    at_s: float
    """Seconds on the wall at speed 1."""
    skipped_s: float
    """Idle seconds cut before this step, in all."""
    events: tuple[WorkloadEvent, ...]

    @property
    def is_start(self) -> bool:
        """Whether it holds TaskStarts."""
        return self.events[0].op is Op.TASKSTART


@dataclass(frozen=True, slots=True)
class Schedule:
    """The steps of a workload in order."""

    steps: tuple[Step, ...]
    idle_gap_s: float | None
    """Longest gap on the wall at speed 1; None when no gap is cut."""

    @property
    def duration_s(self) -> float:
        """Seconds on the wall at speed 1."""
        return self.steps[-1].at_s if self.steps else 0.0

    @property
    def skipped_s(self) -> float:
        """Idle seconds of the workload that the wall does not see."""
        return self.steps[-1].skipped_s if self.steps else 0.0


def make_schedule(events: Sequence[WorkloadEvent], idle_gap_s: float | None = None) -> Schedule:
    """The steps of `events`, with gaps longer than `idle_gap_s` cut.

    Without `idle_gap_s` a workload longer than `LONGEST_UNCUT_S` gets the longest gap with which
    it takes `CUT_TARGET_S`.
    """
    if idle_gap_s is None:
        idle_gap_s = chosen_gap([0.0, *(event.t for event in events)])
    steps: list[Step] = []
    at_s = skipped_s = previous_t = 0.0
    for group in _groups(events):
        gap = group[0].t - previous_t
        kept = gap if idle_gap_s is None else min(gap, idle_gap_s)
        at_s += kept
        skipped_s += gap - kept
        previous_t = group[0].t
        steps.append(Step(previous_t, at_s, skipped_s, group))
    return Schedule(tuple(steps), idle_gap_s if skipped_s > 0 else None)


def _groups(events: Sequence[WorkloadEvent]) -> Iterator[tuple[WorkloadEvent, ...]]:
    starts: list[WorkloadEvent] = []
    for event in events:
        if starts and (event.op is not Op.TASKSTART or event.t != starts[0].t):
            yield tuple(starts)
            starts.clear()
        if event.op is Op.TASKSTART:
            starts.append(event)
        else:
            yield (event,)
    if starts:
        yield tuple(starts)


def chosen_gap(times: Sequence[float]) -> float | None:
    """The longest gap g with sum(min(gap, g)) <= `CUT_TARGET_S`; None when nothing need be cut."""
    gaps = sorted(later - earlier for earlier, later in pairwise(times))
    if sum(gaps) <= LONGEST_UNCUT_S:
        return None
    # Gaps up to some rank stay whole; the rest share what is left of the target equally.
    left = CUT_TARGET_S
    for rank, gap in enumerate(gaps):
        share = left / (len(gaps) - rank)
        if gap >= share:
            return share
        left -= gap
    return None
