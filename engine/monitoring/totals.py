"""Everything since the engine started, for monitoring systems that take differences themselves."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import not_

from engine.monitoring.samples import Batch, Pattern
from engine.trace import Level, Namespace, Outcome, Phase, Trace

BOUNDS_S: tuple[float, ...] = (
    *(0.000_02, 0.000_05, 0.000_1, 0.000_25, 0.000_5),
    *(0.001, 0.002_5, 0.005, 0.01, 0.025, 0.04, 0.06, 0.075, 0.1, 0.15, 0.25, 0.5),
    *(1.0, 2.5, 10.0),
)
"""Upper bounds of the duration buckets, seconds; the limits and the plan's targets are among them."""

_BOUNDS_NS = tuple(round(bound * 1e9) for bound in BOUNDS_S)


@dataclass(slots=True)
class Durations:
    """Counts by bucket; the last one holds what is longer than every bound."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    sum_ns: int = 0

    def add(self, nanoseconds: Sequence[int]) -> None:
        """Count these durations."""
        counts = self.counts
        for one in nanoseconds:
            counts[bisect_left(_BOUNDS_NS, one)] += 1
        self.sum_ns += sum(nanoseconds)

    def cumulative(self) -> list[int]:
        """How many lasted at most as long as each bound, and at last how many there are."""
        reached, counts = 0, []
        for count in self.counts:
            reached += count
            counts.append(reached)
        return counts


class Totals:
    """Counts that only ever grow."""

    def __init__(self) -> None:
        self.starts: defaultdict[tuple[str, bool], Durations] = defaultdict(Durations)
        """Answered starts by cost profile and whether they were warm."""
        self.phases: defaultdict[tuple[str, Phase], Durations] = defaultdict(Durations)
        """Time in a phase, of answered starts that spent any there, by cost profile."""
        self.answered: Counter[str] = Counter()
        """Answered starts by source."""
        self.failed: Counter[str] = Counter()
        """Failed starts by source."""
        self.without_task = 0
        """Contexts of the project alone, given where no task was meant."""
        self.refused: Counter[tuple[str, int]] = Counter()
        """Requests of hooks that never became a start, by route and status."""
        self.lookups: Counter[tuple[Namespace, Outcome]] = Counter()
        """Look-ups by cache and outcome; a cache that was off was not asked."""
        self.hits: Counter[tuple[Namespace, Level]] = Counter()
        """Look-ups that a level answered."""

    def observe(self, batch: Batch, patterns: Sequence[Pattern]) -> None:
        """Add starts, with the pattern of each one's look-ups."""
        answered = [trace.error is None for trace in batch.traces]
        self.answered.update(compress(batch.sources, answered))
        if not all(answered):
            self.failed.update(compress(batch.sources, map(not_, answered)))
        groups: defaultdict[tuple[str, bool], list[Trace]] = defaultdict(list)
        for trace in compress(batch.traces, answered):
            groups[trace.profile, trace.warm].append(trace)
        for (profile, warm), traces in groups.items():
            self.starts[profile, warm].add([trace.total_ns for trace in traces])
            by_phase = zip(*[trace.phases for trace in traces], strict=True)
            for phase, column in zip(Phase, by_phase, strict=True):
                spent = list(filter(None, column))
                if spent:
                    self.phases[profile, phase].add(spent)
        for pattern, starts in Counter(patterns).items():
            for namespace, outcome, level, _ in pattern.lookups:
                if outcome is Outcome.OFF:
                    continue
                self.lookups[namespace, outcome] += starts
                if outcome.answered and level is not None:
                    self.hits[namespace, level] += starts
