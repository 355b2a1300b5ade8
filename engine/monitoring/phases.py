"""Where the time goes: mean per phase now, of the slowest, and with everything off."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.monitoring.aggregate import Aggregate, PhaseSums, sum_phases
from engine.monitoring.samples import PHASES
from engine.monitoring.window import ENOUGH
from engine.monitoring.wording import clock_text
from engine.service.messages import PhasesView, PhaseView
from engine.trace import Phase, Trace


@dataclass(slots=True)
class _Stretch:
    """Starts that ran one after another with everything off, under one profile."""

    began: datetime
    ended: datetime
    modeled: bool
    starts: int
    sums: list[int]

    @property
    def phase_sums(self) -> PhaseSums:
        return PhaseSums(self.starts, tuple(self.sums))

    @property
    def when(self) -> str:
        began, ended = clock_text(self.began), clock_text(self.ended)
        time = began if began == ended else f"{began}–{ended}"
        return f"measured here {time}"


class AllOffReference:
    """The last stretch of starts that ran with every optimization off, by cost profile.

    A later stretch takes the place of an earlier one as soon as it has 20 starts, or as many as
    the earlier one had.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Stretch] = {}
        self._running: dict[str, _Stretch] = {}

    def observe(self, trace: Trace, wall: Callable[[], datetime]) -> None:
        """Take a start into account; it is ignored unless everything was off."""
        if trace.optimizations or trace.error is not None:
            if self._running:
                self._running.clear()
            return
        now = wall()
        stretch = self._running.get(trace.profile)
        if stretch is None:
            stretch = _Stretch(now, now, trace.modeled, 0, [0] * PHASES)
            self._running[trace.profile] = stretch
        stretch.ended = now
        stretch.starts += 1
        for index, spent in enumerate(trace.phases):
            stretch.sums[index] += spent
        kept = self._kept.get(trace.profile)
        if kept is None or stretch.starts >= min(ENOUGH, kept.starts):
            self._kept[trace.profile] = stretch

    def changed(self) -> None:
        """A setting was changed: the next start begins a new stretch."""
        self._running.clear()

    def measured(self, traces: Iterable[Trace], wall: datetime) -> None:
        """Take starts that were made for this purpose, at `wall`, as the reference."""
        answered = [trace for trace in traces if trace.error is None]
        for profile in {trace.profile for trace in answered}:
            chosen = [trace for trace in answered if trace.profile == profile]
            sums = sum_phases([trace.phases for trace in chosen])
            self._kept[profile] = _Stretch(
                wall, wall, chosen[0].modeled, sums.starts, list(sums.by_phase)
            )

    def of(self, profile: str) -> _Stretch | None:
        """The reference under `profile`; that of another profile is no measure for it."""
        return self._kept.get(profile)


def phases_view(
    aggregate: Aggregate, slowest: PhaseSums, reference: AllOffReference, profile: str
) -> PhasesView:
    """The phases of the window; their means add up to the mean of the totals."""
    all_off = reference.of(profile)
    off_sums = all_off.phase_sums if all_off else PhaseSums()
    now_sums = aggregate.phase_sums
    return PhasesView(
        phases=[
            PhaseView(
                name=phase.label,
                now_ms=now_sums.mean_ms(phase),
                all_off_ms=off_sums.mean_ms(phase),
                slowest_ms=slowest.mean_ms(phase),
            )
            for phase in Phase
        ],
        starts=aggregate.answered,
        modeled=aggregate.modeled > 0,
        all_off_starts=off_sums.starts,
        all_off_when=all_off.when if all_off else "",
        all_off_modeled=all_off.modeled if all_off else False,
    )
