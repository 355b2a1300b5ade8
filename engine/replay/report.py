"""What came of a replay, as data."""

from __future__ import annotations

import msgspec

from engine.optimizations import format_optimizations
from engine.replay.latency import Latency, latency_of
from engine.replay.player import Player
from engine.replay.tally import Tally
from engine.replay.workload import Workload
from engine.service.messages import StaleView
from engine.settings import Settings
from engine.trace import Phase

_NS_PER_MS = 1e6


class SegmentReport(msgspec.Struct, kw_only=True, frozen=True):
    """What was measured between two changes of settings."""

    label: str
    starts: int
    warm: int
    errors: int
    latency: Latency
    stale: StaleView | None
    """Null where no answer can be stale."""


class CacheReport(msgspec.Struct, kw_only=True, frozen=True):
    """Look-ups of one cache."""

    name: str
    asked: int
    answered: int
    hit_rate: float | None
    """Answered by any level / asked, 0 to 1; null when it was not asked."""
    outcomes: dict[str, int]
    needless: int


class KindReport(msgspec.Struct, kw_only=True, frozen=True):
    """Starts by the chance that they had of being prepared for."""

    starts: int
    warm: int


class ReplayReport(msgspec.Struct, kw_only=True, frozen=True):
    """One replay."""

    workload: str
    project: str
    state: str
    profile: str
    modeled: bool
    freshness: str
    optimizations: str
    speed: float
    """Virtual seconds per wall second; 0 is as fast as possible."""
    starts: int
    warm: int
    errors: int
    failures: dict[str, int]
    """Reasons of failed starts (the first 20 different ones) and how often."""
    latency: Latency
    database: Latency
    """Database time of the starts that asked it."""
    phases_ms: dict[str, float]
    """Mean milliseconds per answered start; they add up to the mean of `latency`."""
    segments: list[SegmentReport]
    caches: list[CacheReport]
    hit_rate: float | None
    kinds: dict[str, KindReport]
    stale: StaleView | None = None
    writes: int = 0
    writes_without_row: int = 0
    """Those that met nothing to change: what they name does not exist in the project."""
    writes_refused: int = 0
    """Those that the schema or the project's borders forbid; the others have been committed."""
    refusals: list[str] = []
    wall_s: float = 0.0
    virtual_s: float = 0.0
    skipped_s: float = 0.0
    """Idle seconds of the workload that the clock on the wall jumped over."""
    idle_gap_s: float | None = None
    """Longest gap on the wall at speed 1; null when none was cut."""
    worst_behind_ms: float = 0.0
    result: str = ""


def segment_reports(tally: Tally) -> list[SegmentReport]:
    """One for every segment in which a start was sent."""
    return [
        SegmentReport(
            label=part.label,
            starts=len(part.totals_ns) + part.errors,
            warm=part.warm,
            errors=part.errors,
            latency=latency_of(part.totals_ns),
            stale=part.stale if part.stale_after is not None else None,
        )
        for part in tally.segments
        if part.totals_ns or part.errors
    ]


def cache_reports(tally: Tally) -> list[CacheReport]:
    """One for every cache that was asked."""
    return [
        CacheReport(
            name=namespace.value,
            asked=count.asked,
            answered=count.answered,
            hit_rate=count.answered / count.asked if count.asked else None,
            outcomes={outcome.value: n for outcome, n in sorted(count.outcomes.items())},
            needless=count.needless,
        )
        for namespace, count in sorted(tally.caches.items())
    ]


def total_stale(tally: Tally) -> StaleView | None:
    """Over all segments; None when no answer could be stale in any."""
    parts = [part.stale for part in tally.segments if part.stale_after is not None]
    if not parts:
        return None
    return StaleView(
        checked=sum(part.checked for part in parts),
        stale=sum(part.stale for part in parts),
        text_differs=sum(part.text_differs for part in parts),
        oldest_s=max(part.oldest_s for part in parts),
    )


def hit_rate(tally: Tally) -> float | None:
    """Look-ups answered by any level / all look-ups; None when nothing was asked."""
    asked = sum(count.asked for count in tally.caches.values())
    return sum(count.answered for count in tally.caches.values()) / asked if asked else None


def mean_phases_ms(tally: Tally) -> dict[str, float]:
    """Mean milliseconds per answered start, by phase."""
    answers = tally.answers or 1
    return {phase.name.lower(): tally.phases_ns[phase] / answers / _NS_PER_MS for phase in Phase}


def make_report(
    player: Player, workload: Workload, settings: Settings, project: str
) -> ReplayReport:
    """What has come of a replay so far; `settings` are those in force now."""
    tally, view = player.tally, player.view()
    return ReplayReport(
        workload=workload.name,
        project=project,
        state=view.state.value,
        profile=settings.profile,
        modeled=tally.modeled,
        freshness=settings.freshness.value,
        optimizations=format_optimizations(settings.optimizations),
        speed=view.speed,
        starts=tally.starts,
        warm=tally.warm,
        errors=tally.errors,
        failures=dict(tally.failures),
        latency=latency_of([ns for part in tally.segments for ns in part.totals_ns]),
        database=latency_of([ns for part in tally.segments for ns in part.databases_ns]),
        phases_ms=mean_phases_ms(tally),
        segments=segment_reports(tally),
        caches=cache_reports(tally),
        hit_rate=hit_rate(tally),
        kinds={
            kind.value: KindReport(starts=group.starts, warm=group.warm)
            for kind, group in tally.kinds.items()
        },
        stale=total_stale(tally),
        writes=tally.writes,
        writes_without_row=tally.writes_without_row,
        writes_refused=tally.writes_refused,
        refusals=list(tally.refusals),
        wall_s=player.played_s,
        virtual_s=view.virtual_s,
        skipped_s=view.skipped_s,
        idle_gap_s=player.schedule.idle_gap_s,
        worst_behind_ms=view.worst_behind_ms,
        result=view.result,
    )
