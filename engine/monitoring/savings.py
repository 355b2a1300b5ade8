"""What switching each optimization was measured to save: 40 starts before, 40 after.

The stretches between two changes are compared when they differ by exactly one optimization and
nothing else was changed between them. A figure is the mean saved per start by having it on,
whichever way it was switched; it is given once both sides have their 40 answered starts, with how
far chance alone takes such a difference: 1.96 standard errors of the difference of two means
(Welch, "The generalization of 'Student's' problem", 1947; at 40 and 40 close to the normal).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from engine.optimizations import Optimization
from engine.service.messages import OptimizationView
from engine.trace import Trace

STARTS = 40
_SURE = 1.96
"""Standard errors that chance alone exceeds once in twenty times."""


@dataclass(slots=True)
class _Stretch:
    """The starts between two changes."""

    changes: int
    """Changes made between the stretch before and this one."""
    optimizations: frozenset[Optimization] = frozenset()
    profile: str = ""
    starts: int = 0
    first: list[int] = field(default_factory=list)
    """Totals of its first 40 starts, nanoseconds."""
    last: deque[int] = field(default_factory=lambda: deque(maxlen=STARTS))
    """Totals of its last 40 starts, nanoseconds."""


@dataclass(frozen=True, slots=True)
class Saving:
    """What one optimization saved when it was last switched."""

    before_starts: int
    after_starts: int
    saved_ms: float | None = None
    """Mean per start; None until there are 40 starts on either side."""
    chance_ms: float | None = None
    """How far chance alone takes it from 0, but for once in twenty; known when it is."""


class Savings:
    """Follows the starts from change to change."""

    def __init__(self) -> None:
        self._before: _Stretch | None = None
        self._now = _Stretch(changes=0)
        self._found: dict[Optimization, Saving] = {}

    def changed(self) -> None:
        """A setting was changed: the next start begins a new stretch."""
        if self._now.starts:
            self._before = self._now
            self._now = _Stretch(changes=1)
        else:
            self._now.changes += 1

    def observe(self, trace: Trace) -> None:
        """Take into account one start that began after the last change; failed ones are left out."""
        if trace.error is not None:
            return
        now = self._now
        if not now.starts:
            now.optimizations, now.profile = trace.optimizations, trace.profile
        now.starts += 1
        now.last.append(trace.total_ns)
        if len(now.first) < STARTS:
            now.first.append(trace.total_ns)
            self._compare()

    def _compare(self) -> None:
        before, after = self._before, self._now
        if before is None or after.changes != 1 or before.profile != after.profile:
            return
        switched = before.optimizations ^ after.optimizations
        if len(switched) != 1:
            return
        (optimization,) = switched
        n_before, n_after = len(before.last), len(after.first)
        saved = chance = None
        if n_before >= STARTS <= n_after:
            saved = (sum(before.last) / n_before - sum(after.first) / n_after) / 1e6
            if optimization in before.optimizations:
                saved = -saved
            chance = _SURE * math.hypot(_error(before.last), _error(after.first)) / 1e6
        elif (known := self._found.get(optimization)) and known.saved_ms is not None:
            return  # A complete measurement stays until the next one is complete.
        self._found[optimization] = Saving(n_before, n_after, saved, chance)

    def views(self, on: frozenset[Optimization]) -> list[OptimizationView]:
        """All eight, with what is known of them; `on` are those that are on now."""
        nothing = Saving(0, 0)
        return [
            OptimizationView(
                number=int(optimization),
                title=optimization.label,
                published=optimization.published,
                on=optimization in on,
                saved_ms=self._found.get(optimization, nothing).saved_ms,
                chance_ms=self._found.get(optimization, nothing).chance_ms,
                before_starts=self._found.get(optimization, nothing).before_starts,
                after_starts=self._found.get(optimization, nothing).after_starts,
            )
            for optimization in Optimization
        ]


def _error(values: Collection[int]) -> float:
    """Standard error of the mean of at least two values."""
    n = len(values)
    mean = sum(values) / n
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (n - 1) / n)
