"""Sums, counts and histograms of a contiguous stretch of starts, moved by adding and taking away.

Failed starts are counted, and their look-ups too, but they have no part in any latency: a start
that fails at once would make a percentile look good.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.monitoring.histogram import Histogram
from engine.monitoring.samples import (
    FAILED,
    MODELED,
    PHASES,
    WARM,
    LookUpKind,
    Pattern,
    SampleRing,
)
from engine.trace import Phase


@dataclass(frozen=True, slots=True)
class PhaseSums:
    """Nanoseconds by phase, summed over `starts` starts."""

    starts: int = 0
    by_phase: tuple[int, ...] = (0,) * PHASES

    def mean_ms(self, phase: Phase) -> float | None:
        """Mean milliseconds per start; None over no start."""
        return self.by_phase[phase] / self.starts / 1e6 if self.starts else None


def sum_phases(rows: Iterable[Sequence[int]]) -> PhaseSums:
    """The sums over these starts' phases."""
    sums = [0] * PHASES
    starts = 0
    for starts, row in enumerate(rows, 1):  # noqa: B007 - the last count is what is wanted
        for index, spent in enumerate(row):
            sums[index] += spent
    return PhaseSums(starts, tuple(sums))


class Aggregate:
    """What is known of the starts from `first` up to but not including `end`."""

    __slots__ = (
        "_leave_out",
        "_patterns",
        "_ring",
        "_sums",
        "answered",
        "end",
        "failed",
        "first",
        "modeled",
        "phases",
        "total",
        "warm",
    )

    def __init__(self, ring: SampleRing) -> None:
        self._ring = ring
        self._leave_out = 0
        self.first = ring.end
        self.end = ring.end
        self.total = Histogram()
        """Total nanoseconds of the answered starts."""
        self.phases = tuple(Histogram() for _ in Phase)
        """Nanoseconds of each phase, of the answered starts that spent any there."""
        self._empty()

    def _empty(self) -> None:
        self.answered = 0
        self.failed = 0
        self.warm = 0
        self.modeled = 0
        self._sums = [0] * PHASES
        self._patterns: dict[tuple[LookUpKind, ...], Pattern] = {}

    @property
    def starts(self) -> int:
        """Answered and failed starts."""
        return self.answered + self.failed

    @property
    def phase_sums(self) -> PhaseSums:
        """The phases of all answered starts."""
        return PhaseSums(self.answered, tuple(self._sums))

    def patterns(self) -> Iterable[Pattern]:
        """Every way in which starts looked up, with how many did."""
        return self._patterns.values()

    def restart(self, first: int, *, leave_out: int = 0) -> None:
        """Forget everything; the stretch is empty and begins at `first`.

        Starts that have a flag of `leave_out` are not counted at all.
        """
        self._leave_out = leave_out
        self.total.clear()
        for histogram in self.phases:
            histogram.clear()
        self._empty()
        self.first = self.end = first

    def extend(self) -> None:
        """Take in all starts recorded since."""
        while self.end < self._ring.end:
            self._shift(self.end, 1)
            self.end += 1

    def counts(self, number: int) -> bool:
        """Whether start `number` is one of the answered ones that are counted here."""
        flags = self._ring.flags[number % self._ring.capacity]
        return not flags & (FAILED | self._leave_out)

    def drop_first(self) -> None:
        """Take the oldest start away."""
        self._shift(self.first, -1)
        self.first += 1

    def _shift(self, number: int, sign: int) -> None:
        ring = self._ring
        slot = number % ring.capacity
        flags = ring.flags[slot]
        if flags & self._leave_out:
            return
        self._shift_pattern(ring.patterns[slot], sign)
        if flags & FAILED:
            self.failed += sign
            return
        self.answered += sign
        if flags & WARM:
            self.warm += sign
        if flags & MODELED:
            self.modeled += sign
        self.total.add(ring.total_ns[slot], sign)
        sums = self._sums
        for index, spent in enumerate(ring.phases[slot * PHASES : (slot + 1) * PHASES]):
            if spent:
                sums[index] += sign * spent
                self.phases[index].add(spent, sign)

    def _shift_pattern(self, lookups: tuple[LookUpKind, ...], sign: int) -> None:
        pattern = self._patterns.get(lookups)
        if pattern is None:
            pattern = self._patterns[lookups] = Pattern(lookups)
        pattern.count += sign
        if not pattern.count:
            del self._patterns[lookups]

    def slowest(self, share: float = 0.05) -> PhaseSums:
        """The phases of the slowest `share` of the answered starts, at least one of them.

        The histogram tells which starts can be among them, so that only those are sorted.
        """
        wanted = max(1, -int(-self.answered * share // 1)) if self.answered else 0
        if not wanted:
            return PhaseSums()
        bound = self.total.floor(self.total.percentiles(100 * (1 - share))[0])
        ring, capacity = self._ring, self._ring.capacity
        totals, flags, without = ring.total_ns, ring.flags, FAILED | self._leave_out
        slots = (number % capacity for number in range(self.first, self.end))
        candidates = [slot for slot in slots if totals[slot] >= bound and not flags[slot] & without]
        candidates.sort(key=totals.__getitem__, reverse=True)
        return sum_phases(
            ring.phases[slot * PHASES : (slot + 1) * PHASES] for slot in candidates[:wanted]
        )
