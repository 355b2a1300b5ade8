"""What settings would give: predictions over the traffic that an engine recorded.

The figures are computed in the forecast worker's process. Predictions are exact for the recorded
reads and the changes that were found among them; where something is estimated, a note says so.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.caches import NEEDS
from engine.errors import SettingError
from engine.forecast.requests import Ask, Curves, Loaded
from engine.forecast.worker import ForecastWorker
from engine.service.messages import CacheView, EffectView
from engine.service.ports import EngineLike
from engine.settings import Freshness, Settings
from engine.trace import Level, Namespace

WARM_WITHIN_SECONDS = 1.0
"""How soon after a commit the answers that it concerns are prepared again, at the default budget."""
_RELOAD_AFTER_SECONDS = 1.0
"""While a slider moves, the traffic of its last second may be missing."""

Levels = Sequence[tuple[Level, int, float]]


@dataclass(slots=True)
class Recording:
    """One cache's recorded traffic, as the worker holds it."""

    engine: weakref.ref[EngineLike]
    total: int
    at: float
    loaded: Loaded


class Forecasts:
    """Asks the worker about the caches of whichever engine is displayed."""

    def __init__(self, worker: ForecastWorker) -> None:
        self._worker = worker
        self._recordings: dict[Namespace, Recording] = {}

    async def recording(self, engine: EngineLike, cache: Namespace) -> Loaded:
        """Have the worker hold the traffic of `cache`; what it holds.

        Raises:
            TaskStartError: the worker cannot be started, died, or took too long.
        """
        accesses = engine.traffic.caches[cache].accesses
        held = self._recordings.get(cache)
        if held is not None and held.engine() is engine:
            fresh = time.monotonic() - held.at < _RELOAD_AFTER_SECONDS
            if held.total == accesses.total or fresh:
                return held.loaded
        total, at = accesses.total, time.monotonic()
        loaded = await self._worker.load(accesses.snapshot(), cache.value)
        self._recordings[cache] = Recording(weakref.ref(engine), total, at, loaded)
        return loaded

    async def ask(self, question: Ask) -> Curves:
        """Put a question about a trace that `recording` has loaded.

        Raises:
            TaskStartError: the worker cannot be started, died, or took too long.
        """
        return await self._worker.curves(question)

    async def effect(self, engine: EngineLike, cache: Namespace, settings: Settings) -> EffectView:
        """What `settings` would have given on the recorded traffic of `cache`.

        Raises:
            TaskStartError: the worker cannot be started, died, or took too long.
        """
        loaded = await self.recording(engine, cache)
        levels = engine.level_limits(cache, settings)
        memory, disk = _held_bytes(engine, cache, settings, levels, loaded.keys)
        if not settings.has(NEEDS[cache]):
            return EffectView(
                reads=loaded.reads, hit_rate=0.0 if loaded.reads else None, stale=0, needless=0
            )
        if settings.freshness is Freshness.TTL:
            found = await self._trusting(cache, loaded, levels)
        else:
            found = await self._checking(engine, cache, loaded, levels, settings)
        return EffectView(
            reads=loaded.reads,
            hits=found.hits,
            hit_rate=found.hits / loaded.reads if loaded.reads else None,
            stale=found.stale,
            oldest_s=found.oldest_s,
            needless=found.needless,
            memory_bytes=memory,
            disk_bytes=disk,
        )

    async def _trusting(self, cache: Namespace, loaded: Loaded, levels: Levels) -> _Found:
        """Nothing is checked: a stack of levels, each with its size and its TTL."""
        ttl = patience(levels)
        # A level that keeps longest and has room for every key answers what any level would.
        holds_all = any(size >= loaded.keys for _, size, seconds in levels if seconds == ttl)
        stacks = [] if holds_all else [[(size, seconds) for _, size, seconds in levels]]
        curves = await self.ask(Ask(ttls=[ttl], stacks=stacks, name=cache.value))
        (point,) = curves.by_ttl
        return _Found(
            point.hits if holds_all else sum(curves.stacks[0]),
            point.stale,
            point.oldest_stale if point.stale else 0.0,
            point.needless,
        )

    async def _checking(
        self,
        engine: EngineLike,
        cache: Namespace,
        loaded: Loaded,
        levels: Levels,
        settings: Settings,
    ) -> _Found:
        """What is cached is proven or confirmed whatever its age; only changes and size count."""
        bounded = settings.freshness is Freshness.BOUNDED
        bound_s = settings.bounded_ms / 1000.0 if bounded else 0.0
        size = capacity(levels)
        curves = await self.ask(
            Ask(
                sizes=[size],
                delays=[WARM_WITHIN_SECONDS, bound_s],
                heard=True,
                name=cache.value,
            )
        )
        late, recent = curves.unprepared
        hits = curves.by_size[0].hits
        if cache is Namespace.ANSWERS and settings.warming and loaded.keys <= size:
            hits = max(hits, loaded.reads - late - min(loaded.cold, _unforeseen(engine)))
        stale = recent if bounded else 0
        return _Found(min(hits + stale, loaded.reads), stale, bound_s if stale else 0.0, 0)


@dataclass(frozen=True, slots=True)
class _Found:
    hits: int
    stale: int
    oldest_s: float
    needless: int


def cache_named(name: str) -> Namespace:
    """The cache of that name.

    Raises:
        SettingError: there is none.
    """
    try:
        return Namespace(name)
    except ValueError:
        known = ", ".join(Namespace)
        raise SettingError(f"there is no cache {name!r}", f"the caches are {known}") from None


def measured_effect(engine: EngineLike, cache: Namespace) -> EffectView:
    """What came of the look-ups since the settings were last changed."""
    measured = engine.traffic.caches[cache].measured
    stale = engine.stale_view() if cache is Namespace.ANSWERS else None
    strict = engine.settings.freshness is Freshness.STRICT
    view = _view_of(engine, cache)
    return EffectView(
        reads=measured.asked,
        hits=measured.answered,
        hit_rate=measured.answered / measured.asked if measured.asked else None,
        stale=0 if strict else stale.stale if stale is not None else None,
        text_differs=stale.text_differs if stale is not None else None,
        oldest_s=0.0 if strict else stale.oldest_s if stale is not None else None,
        needless=measured.needless,
        memory_bytes=view.bytes_total if view is not None else None,
        disk_bytes=view.disk_bytes if view is not None else None,
    )


def patience(levels: Levels) -> float:
    """For how long an entry is kept: as long as the most patient level keeps it."""
    return max(ttl for _, _, ttl in levels)


def capacity(levels: Levels) -> int:
    """How many entries are held: those of the roomiest level, since a miss fills every level."""
    return max(size for _, size, _ in levels)


def _view_of(engine: EngineLike, cache: Namespace) -> CacheView | None:
    return next((view for view in engine.cache_views() if view.name == cache.value), None)


def _unforeseen(engine: EngineLike) -> int:
    """Requests that name another role than the task's own: nobody prepares their first start."""
    return sum(request.agent_role is not None for request in engine.traffic.names.values())


def _held_bytes(
    engine: EngineLike, cache: Namespace, settings: Settings, levels: Levels, keys: int
) -> tuple[int | None, int | None]:
    """Bytes in memory and on disk once all keys of the traffic have been asked."""
    view = _view_of(engine, cache)
    if view is None or not settings.has(NEEDS[cache]):
        return 0, 0
    if cache is Namespace.ANSWERS and settings.warming:
        keys = max(keys, engine.project.tasks)
    per_entry = {level.level: level.bytes_per_entry for level in view.levels}
    # A level that is empty now is thought to hold what the packed levels hold.
    packed = per_entry.get(2) or per_entry.get(3)
    memory, disk = 0.0, 0.0
    for level, size, _ in levels:
        each = per_entry.get(int(level)) or packed
        if each is None:
            return None, None
        held = min(size, keys) * each
        if level is Level.L3:
            disk += held
        else:
            memory += held
    return int(memory), int(disk)
