"""Where finished starts go: one append on the hot path, compact columns afterwards."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple, Protocol

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


class Recorded(NamedTuple):
    """One finished start, as it was handed over."""

    id: int
    trace: Trace
    at_s: float
    source: str
    behind_ns: int
    answer: KeptAnswer | None


class Pattern:
    """All look-ups of one start; starts that looked up alike share it."""

    __slots__ = ("count", "lookups")

    def __init__(self, lookups: tuple[LookUpKind, ...]) -> None:
        self.lookups = lookups
        self.count = 0
        """How many starts of the window looked up like this."""


def lookup_kinds(lookups: Sequence[LookUp]) -> tuple[LookUpKind, ...]:
    """The look-ups as plain tuples, which hash ten times faster than the data class."""
    return tuple((one.namespace, one.outcome, one.level, one.needless) for one in lookups)


class SampleRing:
    """The figures of the last `CAPACITY` starts in columns; 110 bytes a start.

    Starts are numbered from 0 in the order in which they were recorded; `end` is the number that
    the next one gets, and `begin` the oldest that is still there.
    """

    __slots__ = ("_capacity", "at_s", "end", "flags", "patterns", "phases", "total_ns")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self.end = 0
        self.at_s = array("d", bytes(8 * capacity))
        self.total_ns = array("q", bytes(8 * capacity))
        self.phases = array("q", bytes(8 * capacity * PHASES))
        self.flags = bytearray(capacity)
        self.patterns: list[tuple[LookUpKind, ...]] = [()] * capacity

    @property
    def capacity(self) -> int:
        """Starts that it can hold."""
        return self._capacity

    @property
    def begin(self) -> int:
        """The oldest start that is still held."""
        return max(0, self.end - self._capacity)

    def append(
        self, recorded: Recorded, lookups: tuple[LookUpKind, ...], *, changed_s: float
    ) -> None:
        """Add a start, in the place of the oldest when all places are taken.

        `changed_s` is when the last change was made. Times never go back: a start whose time is
        before the last one's counts as answered together with that.
        """
        slot = self.end % self._capacity
        trace = recorded.trace
        at_s = max(recorded.at_s, self.time_of(self.end - 1)) if self.end else recorded.at_s
        self.at_s[slot] = at_s
        self.total_ns[slot] = trace.total_ns
        self.phases[slot * PHASES : (slot + 1) * PHASES] = array("q", trace.phases)
        self.flags[slot] = (
            (WARM if trace.warm else 0)
            | (FAILED if trace.error is not None else 0)
            | (MODELED if trace.modeled else 0)
            | (STRADDLES if at_s - trace.total_ns / 1e9 < changed_s else 0)
        )
        self.patterns[slot] = lookups
        self.end += 1

    def time_of(self, number: int) -> float:
        """When start `number` was answered."""
        return self.at_s[number % self._capacity]

    def first_after(self, at_s: float, begin: int) -> int:
        """The first start not before `begin` that was answered after `at_s`."""
        return bisect_right(range(self.end), at_s, lo=begin, key=self.time_of)
