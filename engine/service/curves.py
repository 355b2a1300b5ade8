"""The what-if curves of one cache, and what is to be said beside them."""

from __future__ import annotations

import msgspec

from engine.core.caches import NEEDS
from engine.forecast.requests import Ask, Loaded
from engine.optimizations import Optimization
from engine.service.forecasting import (
    Forecasts,
    capacity,
    measured_effect,
    patience,
)
from engine.service.messages import (
    ForecastView,
    Preview,
    SizeForecast,
    TtlForecast,
)
from engine.service.ports import EngineLike
from engine.settings import Freshness, Settings
from engine.settings.words import describe_changes, format_duration
from engine.trace import Level, Namespace

_TTLS = (
    *(1.0, 2.0, 5.0, 10.0, 20.0, 30.0),
    *(60.0 * minutes for minutes in (1, 2, 5, 10, 20, 30)),
    *(3_600.0 * hours for hours in (1, 2, 4, 8, 12)),
    *(86_400.0 * days for days in (1, 2, 4, 7, 14, 30, 90, 365)),
)
_AXIS_AT_LEAST = 1_800.0
"""The curve reaches to the published TTLs even where only a minute was recorded."""


async def forecast_view(
    forecasts: Forecasts,
    engine: EngineLike,
    cache: Namespace,
    ttls: list[float],
    sizes: list[int],
) -> ForecastView:
    """The curves of `cache` on the recorded traffic; see `ForecastView`.

    Raises:
        TaskStartError: the worker cannot be started, died, or took too long.
    """
    settings = engine.settings
    loaded = await forecasts.recording(engine, cache)
    levels = engine.level_limits(cache, settings)
    ttl_now, size_now = patience(levels), capacity(levels)
    return ForecastView(
        cache=cache.value,
        reads=loaded.reads,
        cold=loaded.cold,
        keys=loaded.keys,
        changes=loaded.writes,
        by_ttl=await _by_ttl(forecasts, cache, loaded, ttls or _ttl_grid(loaded.span), ttl_now),
        by_size=await _by_size(
            forecasts, cache, loaded, sizes or _size_grid(loaded.keys), size_now
        ),
        ttl_now_s=ttl_now,
        ttl_limited_by=_limiting(levels, settings.caches[cache].ttl_seconds),
        size_now=size_now,
        freshness=settings.freshness.value,
        predicted=await forecasts.effect(engine, cache, settings),
        measured=measured_effect(engine, cache),
        warmed=await forecasts.effect(engine, cache, _validating(settings)),
        notes=notes(engine, cache, settings, loaded),
    )


async def preview(
    forecasts: Forecasts, engine: EngineLike, cache: Namespace, draft: Settings
) -> Preview:
    """`draft` beside the settings in force.

    Raises:
        TaskStartError: the worker cannot be started, died, or took too long.
    """
    before = engine.settings
    loaded = await forecasts.recording(engine, cache)
    return Preview(
        cache=cache.value,
        label=describe_changes(before, draft),
        now=await forecasts.effect(engine, cache, before),
        draft=await forecasts.effect(engine, cache, draft),
        notes=notes(engine, cache, draft, loaded),
    )


def _validating(settings: Settings) -> Settings:
    """`settings` with every start checked and answers prepared in the background."""
    return msgspec.structs.replace(settings, freshness=Freshness.STRICT, warming=True)


def notes(engine: EngineLike, cache: Namespace, settings: Settings, loaded: Loaded) -> list[str]:
    """What limits a prediction under `settings`, in words, the most important first."""
    said: list[str] = []
    if not loaded.reads:
        return ["nothing was asked of this cache yet"]
    if not settings.has(NEEDS[cache]):
        said.append(f"off: turn on {int(NEEDS[cache])} {NEEDS[cache].label}")
    levels = engine.level_limits(cache, settings)
    ttl = settings.caches[cache].ttl_seconds
    trusting = settings.freshness is Freshness.TTL
    limiting = _limiting(levels, ttl)
    if limiting and trusting:
        said.append(
            f"{limiting} keeps an entry for {format_duration(patience(levels))} at most: "
            f"raise its time too"
        )
    if trusting and patience(levels) > loaded.span:
        said.append(
            f"only {format_duration(round(loaded.span, 1))} of traffic are recorded: "
            "a longer time was not observed"
        )
    if not trusting and cache is Namespace.ANSWERS:
        said.append("every start is checked: a shorter or longer time changes nothing")
    if trusting and settings.warming and settings.has(Optimization.PARALLEL_ASSEMBLY):
        said.append("warming prepares first starts too: measured may be higher")
    if cache is not Namespace.ANSWERS:
        said.append(
            'given what "answers" misses now: with other settings there it is asked less or more'
        )
    if loaded.writes and not engine.settings.warming:
        said.append(
            "without warming a change is seen at the next start only: ages are at least these"
        )
    return said


def _limiting(levels: list[tuple[Level, int, float]], setting: float) -> str:
    level, _, ttl = max(levels, key=lambda one: one[2])
    return level.label if ttl < setting else ""


async def _by_ttl(
    forecasts: Forecasts, cache: Namespace, loaded: Loaded, ttls: list[float], now: float
) -> list[TtlForecast]:
    if not loaded.reads:
        return []
    curves = await forecasts.ask(Ask(ttls=sorted({*ttls, now}), name=cache.value))
    return [
        TtlForecast(
            point.ttl,
            point.hits,
            point.hits / loaded.reads,
            point.stale,
            point.oldest_stale,
            point.needless,
            point.ttl > loaded.span,
        )
        for point in curves.by_ttl
    ]


async def _by_size(
    forecasts: Forecasts, cache: Namespace, loaded: Loaded, sizes: list[int], now: int
) -> list[SizeForecast]:
    if not loaded.reads:
        return []
    curves = await forecasts.ask(Ask(sizes=sorted({*sizes, now}), heard=True, name=cache.value))
    return [
        SizeForecast(point.size, point.hits, point.hits / loaded.reads) for point in curves.by_size
    ]


def _ttl_grid(span: float) -> list[float]:
    """Up to the second TTL beyond what was recorded, and to half an hour at least."""
    within = [ttl for ttl in _TTLS if ttl <= max(span, _AXIS_AT_LEAST)]
    return [*within, *_TTLS[len(within) : len(within) + 2]]


def _size_grid(keys: int) -> list[int]:
    """1, 2, 5, 10 and so on up to the first size that holds every key."""
    found: list[int] = []
    step = 1
    while not found or found[-1] < keys:
        found += [step, 2 * step, 5 * step]
        step *= 10
    return [size for size in found if size < keys] + [min(s for s in found if s >= keys)]
