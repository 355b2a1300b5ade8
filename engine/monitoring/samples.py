"""Where finished starts go: one append on the hot path, compact columns afterwards."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
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


class Recorded(NamedTuple):
    """One finished start, as it was handed over."""

    id: int
    trace: Trace
    at_s: float
    source: str
    behind_ns: int
    answer: KeptAnswer | None


RecordedFields = tuple[int, Trace, float, str, int, KeptAnswer | None]
"""The fields of `Recorded`, in its order."""


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


_NO_LOOKUPS = Pattern(())


def straddles(trace: Trace, at_s: float, changed_s: float) -> bool:
    """Whether a start answered at `at_s` began before the change at `changed_s`."""
    return at_s - trace.total_ns / 1e9 < changed_s


def _flags(trace: Trace, at_s: float, changed_s: float) -> int:
    return (
        (WARM if trace.warm else 0)
        | (FAILED if trace.error is not None else 0)
        | (MODELED if trace.modeled else 0)
        | (STRADDLES if straddles(trace, at_s, changed_s) else 0)
    )


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

    def extend(self, batch: Sequence[Recorded], *, changed_s: float) -> None:
        """Add starts, in the places of the oldest when all places are taken.

        `changed_s` is when the last change was made. Times never go back: a start whose time is
        before the last one's counts as answered together with that.

        Raises:
            ValueError: there are more starts than places.
        """
        if len(batch) > self._capacity:
            raise ValueError(f"{len(batch)} starts do not fit into {self._capacity} places")
        until_wrap = self._capacity - self.end % self._capacity
        for piece in (batch[:until_wrap], batch[until_wrap:]):
            if piece:
                self._place(piece, changed_s)

    def _place(self, batch: Sequence[Recorded], changed_s: float) -> None:
        last = self.time_of(self.end - 1) if self.end else batch[0].at_s
        times = list(accumulate([one.at_s for one in batch], max, initial=last))[1:]
        traces = [one.trace for one in batch]
        where = slice(self.end % self._capacity, self.end % self._capacity + len(batch))
        self.at_s[where] = array("d", times)
        self.total_ns[where] = array("q", [trace.total_ns for trace in traces])
        by_phase = zip(*[trace.phases for trace in traces], strict=True)
        for column, spent in zip(self.phases, by_phase, strict=True):
            column[where] = array("q", spent)
        self.flags[where] = bytes(
            [_flags(trace, at_s, changed_s) for trace, at_s in zip(traces, times, strict=True)]
        )
        self.patterns[where] = [self._known.of(trace.lookups) for trace in traces]
        self.sources[where] = bytes([self._source(one.source) for one in batch])
        self.end += len(batch)

    def _source(self, name: str) -> int:
        names = self.source_names
        if name in names:
            return names.index(name)
        if len(names) < _MOST_SOURCES:
            names.append(name if len(names) < _MOST_SOURCES - 1 else "others")
        return len(names) - 1

    def last_patterns(self, starts: int) -> list[Pattern]:
        """How the last `starts` starts looked up."""
        numbers = range(self.end - starts, self.end)
        return [self.patterns[number % self._capacity] for number in numbers]

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
