"""Sums, counts and histograms of a contiguous stretch of starts, moved by adding and taking away.

Failed starts are counted, and their look-ups too, but they have no part in any latency: a start
that fails at once would make a percentile look good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, repeat

from engine.monitoring.histogram import Histogram
from engine.monitoring.pieces import Pieces, at_once
from engine.monitoring.samples import (
    FAILED,
    MODELED,
    PHASES,
    WARM,
    Pattern,
    SampleRing,
)
from engine.trace import Phase

_PIECE = 4_096
"""Starts that are looked at in one piece: a tenth of a millisecond."""


@dataclass(frozen=True, slots=True)
class PhaseSums:
    """Nanoseconds by phase, summed over `starts` starts."""

    starts: int = 0
    by_phase: tuple[int, ...] = (0,) * PHASES

    def mean_ms(self, phase: Phase) -> float | None:
        """Mean milliseconds per start; None over no start."""
        return self.by_phase[phase] / self.starts / 1e6 if self.starts else None


def sum_phases(rows: Sequence[Sequence[int]]) -> PhaseSums:
    """The sums over these starts' phases."""
    return PhaseSums(len(rows), tuple(map(sum, zip(*rows, strict=True)))) if rows else PhaseSums()


def _having_none(flags: bytes, kinds: Iterable[int], unwanted: int) -> Iterable[int]:
    """For each start whether it has no flag of `unwanted`, for `compress`."""
    if not any(kind & unwanted for kind in kinds):
        return repeat(1)
    return [not flag & unwanted for flag in flags]


class Aggregate:
    """What is known of the starts from `first` up to but not including `end`."""

    __slots__ = (
        "_leave_out",
        "_patterns",
        "_ring",
        "_sources",
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
        self._patterns: Counter[Pattern] = Counter()
        self._sources: Counter[int] = Counter()

    @property
    def starts(self) -> int:
        """Answered and failed starts."""
        return self.answered + self.failed

    @property
    def phase_sums(self) -> PhaseSums:
        """The phases of all answered starts."""
        return PhaseSums(self.answered, tuple(self._sums))

    @property
    def patterns(self) -> Mapping[Pattern, int]:
        """Every way in which starts looked up, with how many did."""
        return self._patterns

    @property
    def sources(self) -> dict[str, int]:
        """Starts by who asked, the most frequent first."""
        names = self._ring.source_names
        return {names[code]: count for code, count in self._sources.most_common() if count}

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
        self._shift(self.end, self._ring.end, 1)
        self.end = self._ring.end

    def counts(self, number: int) -> bool:
        """Whether start `number` is one of the answered ones that are counted here."""
        flags = self._ring.flags[number % self._ring.capacity]
        return not flags & (FAILED | self._leave_out)

    def drop(self, until: int) -> None:
        """Take the oldest starts away, up to but not including start `until`."""
        until = min(until, self.end)
        if until > self.first:
            self._shift(self.first, until, -1)
            self.first = until

    def _shift(self, begin: int, end: int, sign: int) -> None:
        """Add (sign 1) or take away (sign -1) the starts from `begin` up to `end`."""
        for where in self._ring.slices(begin, end):
            self._shift_slice(where, sign)

    def _shift_slice(self, where: slice, sign: int) -> None:
        # No bytecode per start and column: the engine's loop has a pause for each batch.
        ring = self._ring
        flags = bytes(ring.flags[where])
        kinds = Counter(flags)
        counted = _having_none(flags, kinds, self._leave_out)
        answered = _having_none(flags, kinds, self._leave_out | FAILED)
        for pattern, count in Counter(compress(ring.patterns[where], counted)).items():
            self._patterns[pattern] += sign * count
            if not self._patterns[pattern]:
                del self._patterns[pattern]
        for code, count in Counter(compress(ring.sources[where], counted)).items():
            self._sources[code] += sign * count
        for kind, count in kinds.items():
            if kind & self._leave_out:
                continue
            if kind & FAILED:
                self.failed += sign * count
                continue
            self.answered += sign * count
            self.warm += sign * count if kind & WARM else 0
            self.modeled += sign * count if kind & MODELED else 0
        self.total.add(list(compress(ring.total_ns[where], answered)), sign)
        for index, column in enumerate(ring.phases):
            spent = list(filter(None, compress(column[where], answered)))
            if spent:
                self._sums[index] += sign * sum(spent)
                self.phases[index].add(spent, sign)

    def slowest(self, share: float = 0.05) -> PhaseSums:
        """The phases of the slowest `share` of the answered starts, at least one of them."""
        return at_once(self.find_slowest(share))

    def find_slowest(self, share: float = 0.05) -> Pieces[PhaseSums]:
        """As `slowest`, in pieces; starts that come or go meanwhile are left out.

        The histogram tells which starts can be among them, so that only those are sorted.
        """
        wanted = max(1, -int(-self.answered * share // 1)) if self.answered else 0
        if not wanted:
            return PhaseSums()
        bound = self.total.floor(self.total.percentiles(100 * (1 - share))[0])
        ring, without = self._ring, FAILED | self._leave_out
        first, end = self.first, self.end
        candidates: list[int] = []
        for begin in range(first, end, _PIECE):
            candidates += ring.at_least(bound, begin, min(begin + _PIECE, end))
            yield
        slots = [
            number % ring.capacity
            for number in candidates
            if number >= ring.begin and not ring.flags[number % ring.capacity] & without
        ]
        yield
        slots.sort(key=ring.total_ns.__getitem__, reverse=True)
        chosen = slots[:wanted]
        sums = []
        for column in ring.phases:
            yield
            sums.append(sum(map(column.__getitem__, chosen)))
        return PhaseSums(len(chosen), tuple(sums))
