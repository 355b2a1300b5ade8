"""Where finished starts go: one append on the hot path, compact columns afterwards."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, compress, count
from typing import NamedTuple, Protocol

from engine.service.messages import DeliveryView
from engine.trace import Level, LookUp, Namespace, Outcome, Phase, Trace

PHASES = len(Phase)

CAPACITY = 32_768
"""Starts that windows can reach back over: a minute at 500 a second."""

WARM = 1
FAILED = 2
MODELED = 4
STRADDLES = 8
"""It began before the last change and ended after it: partly served under either setting."""

LookUpKind = tuple[Namespace, Outcome, Level | None, bool]
"""Namespace, outcome, level and whether the reload was needless."""


class KeptAnswer(Protocol):
    """What is kept of an answer so that a person can read it afterwards."""

    @property
    def text(self) -> str:
        """The rendered context, as the agent read it."""

    @property
    def warnings(self) -> Sequence[str]:
        """What was left out or is doubtful."""


class KeptDelivery(Protocol):
    """What an agent was given of a start, where that is not the answer's own text."""

    @property
    def caller(self) -> str:
        """Who asked, as the screens call it."""

    @property
    def brief(self) -> str:
        """Why no task was meant, in two words; empty where one was."""

    @property
    def text(self) -> str:
        """What the agent read."""

    @property
    def shortened(self) -> bool:
        """Whether anything had to be left out."""

    def view(self) -> DeliveryView:
        """For the screens."""


Recorded = tuple[int, Trace, float, str, int, KeptAnswer | None]
"""One finished start, as it was handed over: the fields of `Batch`, in its order."""


class Batch(NamedTuple):
    """Finished starts in columns, in the order in which they were recorded; at least one."""

    ids: Sequence[int]
    traces: Sequence[Trace]
    at_s: Sequence[float]
    sources: Sequence[str]
    behind_ns: Sequence[int]
    answers: Sequence[KeptAnswer | None]

    @classmethod
    def of(cls, starts: Iterable[Recorded]) -> Batch:
        """These starts."""
        return cls(*zip(*starts, strict=True))

    def only(self, chosen: Sequence[bool]) -> Batch | None:
        """Those for which `chosen` says so; None where there is none."""
        if not any(chosen):
            return None
        ids, traces, at_s, sources, behind_ns, answers = self
        return Batch(
            list(compress(ids, chosen)),
            list(compress(traces, chosen)),
            list(compress(at_s, chosen)),
            list(compress(sources, chosen)),
            list(compress(behind_ns, chosen)),
            list(compress(answers, chosen)),
        )


class Pattern:
    """All look-ups of one start; starts that looked up alike share it, and it hashes by identity."""

    __slots__ = ("lookups",)

    def __init__(self, lookups: tuple[LookUpKind, ...]) -> None:
        self.lookups = lookups


class Patterns:
    """Gives starts that looked up alike the same `Pattern`."""

    _KNOWN = 4_096

    def __init__(self) -> None:
        self._known: dict[tuple[LookUpKind, ...], Pattern] = {}

    def of(self, lookups: Sequence[LookUp]) -> Pattern:
        """The pattern of a start's look-ups."""
        # Plain tuples hash ten times faster than the data class.
        kinds = tuple([(one.namespace, one.outcome, one.level, one.needless) for one in lookups])
        pattern = self._known.get(kinds)
        if pattern is None:
            if len(self._known) >= self._KNOWN:
                self._known.clear()
            pattern = self._known[kinds] = Pattern(kinds)
        return pattern

    def of_all(self, starts: Sequence[Sequence[LookUp]]) -> list[Pattern]:
        """The pattern of each start's look-ups."""
        # Warm starts share one tuple of look-ups, which need not be compared then.
        shared = {id(lookups): lookups for lookups in starts}
        patterns = {one: self.of(lookups) for one, lookups in shared.items()}
        return [patterns[id(lookups)] for lookups in starts]


_NO_LOOKUPS = Pattern(())


_MOST_SOURCES = 256
"""As many as a byte can tell apart."""


class SampleRing:
    """The figures of the last `CAPACITY` starts in columns; 90 bytes a start.

    Starts are numbered from 0 in the order in which they were recorded; `end` is the number that
    the next one gets, and `begin` the oldest that is still there.
    """

    __slots__ = (
        "_capacity",
        "_known",
        "at_s",
        "end",
        "flags",
        "patterns",
        "phases",
        "source_names",
        "sources",
        "total_ns",
    )

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self.end = 0
        self.at_s = array("d", bytes(8 * capacity))
        self.total_ns = array("q", bytes(8 * capacity))
        self.phases = tuple(array("q", bytes(8 * capacity)) for _ in range(PHASES))
        self.flags = bytearray(capacity)
        self.patterns = [_NO_LOOKUPS] * capacity
        self.sources = bytearray(capacity)
        """Who asked, as places in `source_names`."""
        self.source_names: list[str] = []
        self._known = Patterns()

    @property
    def capacity(self) -> int:
        """Starts that it can hold."""
        return self._capacity

    @property
    def begin(self) -> int:
        """The oldest start that is still held."""
        return max(0, self.end - self._capacity)

    def extend(self, batch: Batch, *, changed_s: float) -> None:
        """Add starts, in the places of the oldest when all places are taken.

        `changed_s` is when the last change was made. Times never go back: a start whose time is
        before the last one's counts as answered together with that.

        Raises:
            ValueError: there are more starts than places.
        """
        starts = len(batch.traces)
        if starts > self._capacity:
            raise ValueError(f"{starts} starts do not fit into {self._capacity} places")
        first, begin = self.end, 0
        last_s = self.time_of(first - 1) if first else batch.at_s[0]
        times = list(accumulate(batch.at_s, max, initial=last_s))[1:]
        # Column by column, since every start pays for this: 32 of them take a third of a
        # millisecond row by row.
        totals = array("q", [trace.total_ns for trace in batch.traces])
        flags = self._flags(batch.traces, times, totals, changed_s)
        patterns = self._known.of_all([trace.lookups for trace in batch.traces])
        codes = {name: self._source(name) for name in dict.fromkeys(batch.sources)}
        sources = bytes([codes[name] for name in batch.sources])
        by_phase = list(zip(*[trace.phases for trace in batch.traces], strict=True))
        for where in self.slices(first, first + starts):
            end = begin + where.stop - where.start
            self.at_s[where] = array("d", times[begin:end])
            self.total_ns[where] = totals[begin:end]
            for column, spent in zip(self.phases, by_phase, strict=True):
                column[where] = array("q", spent[begin:end])
            self.flags[where] = flags[begin:end]
            self.patterns[where] = patterns[begin:end]
            self.sources[where] = sources[begin:end]
            begin = end
        self.end = first + starts

    def _flags(
        self,
        traces: Sequence[Trace],
        times: Sequence[float],
        totals: Sequence[int],
        changed_s: float,
    ) -> bytes:
        flags = bytearray(
            [
                (WARM if trace.warm else 0)
                | (FAILED if trace.error is not None else 0)
                | (MODELED if trace.modeled else 0)
                for trace in traces
            ]
        )
        if times[0] - max(totals) / 1e9 < changed_s:
            for place, (at_s, total_ns) in enumerate(zip(times, totals, strict=True)):
                if at_s - total_ns / 1e9 < changed_s:
                    flags[place] |= STRADDLES
        return bytes(flags)

    def slices(self, first: int, end: int) -> list[slice]:
        """Where the starts from `first` up to `end` are in the columns, in one piece or two."""
        begin, stop = first % self._capacity, first % self._capacity + end - first
        if stop <= self._capacity:
            return [slice(begin, stop)]
        return [slice(begin, self._capacity), slice(0, stop - self._capacity)]

    def _source(self, name: str) -> int:
        names = self.source_names
        if name in names:
            return names.index(name)
        if len(names) < _MOST_SOURCES:
            names.append(name if len(names) < _MOST_SOURCES - 1 else "others")
        return len(names) - 1

    def last_patterns(self, starts: int) -> list[Pattern]:
        """How the last `starts` starts looked up."""
        where = self.slices(self.end - starts, self.end)
        return [pattern for one in where for pattern in self.patterns[one]]

    def last_flags(self, starts: int) -> bytes:
        """The flags of the last `starts` starts."""
        return b"".join([self.flags[one] for one in self.slices(self.end - starts, self.end)])

    def time_of(self, number: int) -> float:
        """When start `number` was answered."""
        return self.at_s[number % self._capacity]

    def at_least(self, total_ns: int, first: int, end: int) -> list[int]:
        """Numbers of the starts from `first` up to `end` that took at least `total_ns`."""
        until_wrap = first + self._capacity - first % self._capacity
        found: list[int] = []
        for begin, stop in ((first, min(end, until_wrap)), (until_wrap, end)):
            if begin < stop:
                slot = begin % self._capacity
                totals = self.total_ns[slot : slot + stop - begin]
                # No bytecode per start: a window may hold tens of thousands.
                found += compress(count(begin), map(total_ns.__le__, totals))
        return found

    def first_after(self, at_s: float, begin: int) -> int:
        """The first start not before `begin` that was answered after `at_s`."""
        return bisect_right(range(self.end), at_s, lo=begin, key=self.time_of)
