"""Measuring one TaskStart: exclusive phases that add up, and spans that may overlap."""

from __future__ import annotations

from time import perf_counter_ns

from engine.trace import Phase, Span

_PHASES = len(Phase)


class StartTimer:
    """Attributes every nanosecond from the intended start to exactly one phase.

    `enter` ends the current phase and begins another, so the phases add up to the total by
    construction.
    """

    __slots__ = ("_at", "_current", "_spans", "_spent", "behind_ns", "intended_ns", "modeled_ns")

    def __init__(self, intended_ns: int, began_ns: int | None = None) -> None:
        """Times are `perf_counter_ns`; what lies between the two was spent waiting to start.

        From `began_ns` on the phase is `CACHE`: the first thing that a start does is to ask.
        """
        began = intended_ns if began_ns is None else began_ns
        self.intended_ns = intended_ns
        self.behind_ns = began - intended_ns
        self.modeled_ns = 0
        self._at = began
        self._current = Phase.CACHE
        self._spent = [0] * _PHASES
        self._spent[Phase.QUEUE] = self.behind_ns
        self._spans: list[Span] = []

    def enter(self, phase: Phase) -> int:
        """End the current phase, begin `phase`; returns the time (`perf_counter_ns`)."""
        now = perf_counter_ns()
        self._spent[self._current] += now - self._at
        self._at = now
        self._current = phase
        return now

    def spent(self, phase: Phase) -> int:
        """Nanoseconds of `phase` up to the last change of phase."""
        return self._spent[phase]

    def move(self, nanoseconds: int, source: Phase, target: Phase) -> None:
        """Attribute a part of what `source` has spent to `target` instead.

        Used where one await covers work of two phases, for example the plugin facts' share of a
        load; never more than was spent.
        """
        part = min(nanoseconds, self._spent[source])
        self._spent[source] -= part
        self._spent[target] += part

    def attribute_rest(self, phase: Phase) -> None:
        """Attribute the current phase, up to now, to `phase` instead."""
        self._current = phase

    def add_span(self, name: str, start_ns: int, end_ns: int, modeled_ns: int = 0) -> None:
        """Note a stretch of work; times are `perf_counter_ns`.

        Spans may overlap, so that what they waited for is not added up here: whoever knows the
        whole adds it to `modeled_ns`.
        """
        self._spans.append(
            Span(name, start_ns - self.intended_ns, end_ns - self.intended_ns, modeled_ns)
        )

    def finish(self) -> tuple[int, tuple[int, ...]]:
        """End the last phase; returns the total and the phases, in nanoseconds."""
        now = self.enter(self._current)
        return now - self.intended_ns, tuple(self._spent)

    @property
    def spans(self) -> tuple[Span, ...]:
        """All spans so far, in the order in which they ended."""
        return tuple(self._spans)
