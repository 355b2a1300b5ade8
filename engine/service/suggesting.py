"""Settings that reach a target at the least cost, with the reasons in words."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import SettingError
from engine.service.curves import forecast_view
from engine.service.forecasting import Forecasts
from engine.service.history import apply_values
from engine.service.messages import EffectView, ForecastView, Suggestion, SuggestTarget
from engine.service.ports import EngineLike
from engine.settings import Freshness, Settings
from engine.settings.words import changed_paths, describe_changes, flatten, format_duration
from engine.trace import Level, Namespace

_LONGEST_BOUND_S = 60.0
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Proposal:
    settings: Settings
    effect: EffectView


class Suggester:
    """Looks for settings of one engine and one cache."""

    def __init__(self, forecasts: Forecasts, engine: EngineLike, cache: Namespace) -> None:
        self._forecasts = forecasts
        self._engine = engine
        self._cache = cache
        self._now = engine.settings

    async def suggest(self, target: SuggestTarget, value: float) -> Suggestion:
        """What reaches `target`.

        Raises:
            SettingError: `value` makes no sense for it.
            TaskStartError: the worker cannot be started, died, or took too long.
        """
        view = await forecast_view(self._forecasts, self._engine, self._cache, [], [])
        if not view.reads:
            why = ["no traffic is recorded yet: connect a hook or play a scenario first"]
            return Suggestion(reachable=False, why=why, now=view.predicted)
        match target:
            case SuggestTarget.HIT_RATE:
                return await self._for_hit_rate(view, _share(value))
            case SuggestTarget.OLDEST_AGE:
                return await self._for_age(view, _at_least_zero(value))
            case SuggestTarget.MEMORY:
                return await self._for_memory(view, _at_least_zero(value))

    # ---- hit rate -----------------------------------------------------------------------------

    async def _for_hit_rate(self, view: ForecastView, share: float) -> Suggestion:
        """A TTL if one will do without a stale answer, else checking, else checking and warming."""
        if _rate(view.predicted) >= share:
            return self._nothing(view, f"{_percent(_rate(view.predicted))} is reached already")
        why = [f"now {_percent(_rate(view.predicted))}; wanted are {_percent(share)}"]
        by_ttl = await self._by_ttl(view, share, why)
        if by_ttl is not None and not by_ttl.effect.stale:
            why.append("and nothing in this traffic would have been out of date")
            return self._made(by_ttl, view, why, reachable=True)
        best: _Proposal | None = None
        for warming in sorted({self._now.warming, True}):
            values = {"freshness": Freshness.STRICT.value, "warming": warming}
            best = await self._propose(self._with_room(view, values))
            if _rate(best.effect) >= share:
                why.append(_checked_words(best))
                return self._made(best, view, why, reachable=True)
        assert best is not None
        if by_ttl is not None:
            why.append("checking every start would not reach it: its misses are changed or new")
            return self._made(by_ttl, view, why, reachable=True)
        why.append(
            f"checking every start with warming gives {_percent(_rate(best.effect))}, the most there "
            f"is: {view.cold:,} of {view.reads:,} are first starts"
        )
        return self._made(best, view, why, reachable=False)

    async def _by_ttl(self, view: ForecastView, share: float, why: list[str]) -> _Proposal | None:
        observed = [point for point in view.by_ttl if not point.beyond] or view.by_ttl[:1]
        fit = next((point for point in observed if point.hit_rate >= share), None)
        if fit is None:
            best = max(observed, key=lambda point: point.hit_rate)
            why.append(
                f"no time to keep reaches it on this traffic: the best is "
                f"{_percent(best.hit_rate)} at {format_duration(best.ttl_s)}"
            )
            return None
        values: dict[str, object] = {
            "freshness": Freshness.TTL.value,
            f"caches.{self._cache.value}.ttl_seconds": fit.ttl_s,
        }
        levels = self._engine.level_limits(self._cache, self._now)
        if len(levels) > 1 and fit.ttl_s > levels[-1][2]:
            values[f"levels.{levels[-1][0].name}.ttl_seconds"] = fit.ttl_s
        found = await self._propose(self._with_room(view, values))
        why.append(
            f"keeping {self._cache.label} for {format_duration(fit.ttl_s)} reaches it by TTL alone, "
            f"with {found.effect.stale:,} stale, the oldest by "
            f"{format_duration(round(found.effect.oldest_s or 0.0))}"
        )
        return found if _rate(found.effect) >= share else None

    def _with_room(self, view: ForecastView, values: dict[str, object]) -> dict[str, object]:
        """Where every key has no room, room for it."""
        if view.size_now >= view.keys:
            return values
        room = next(point.entries for point in view.by_size if point.entries >= view.keys)
        roomiest = max(
            self._engine.level_limits(self._cache, self._now), key=lambda level: level[1]
        )
        values = dict(values)
        if self._now.caches[self._cache].max_entries < room:
            values[f"caches.{self._cache.value}.max_entries"] = room
        if len(self._engine.level_limits(self._cache, self._now)) > 1:
            values[f"levels.{roomiest[0].name}.max_entries"] = max(
                room, self._now.levels[roomiest[0]].max_entries
            )
        return values

    # ---- age ----------------------------------------------------------------------------------

    async def _for_age(self, view: ForecastView, seconds: float) -> Suggestion:
        """A check every so often; at least cost means as seldom as the target allows."""
        mode = self._now.freshness
        certain = {Freshness.STRICT: 0.0, Freshness.BOUNDED: self._now.bounded_ms / 1000.0}.get(
            mode, view.ttl_now_s
        )
        if certain <= seconds:
            return self._nothing(view, f"no answer is out of date for longer than {_age(certain)}")
        why = [f"now an answer may be out of date for up to {_age(certain)}"]
        if seconds * 1000.0 < 0.1:
            values: dict[str, object] = {"freshness": Freshness.STRICT.value}
            why.append("checking every start costs some microseconds and lets none be out of date")
        else:
            every = min(seconds, _LONGEST_BOUND_S)
            values = {"freshness": Freshness.BOUNDED.value, "bounded_ms": every * 1000.0}
            why.append(
                f"checking every {_age(every)} holds that bound whatever is written, at one check "
                "for many starts"
            )
            limit = next((p for p in reversed(view.by_ttl) if p.ttl_s <= seconds), None)
            if limit is not None:
                why.append(
                    f"a TTL of {format_duration(limit.ttl_s)} would hold it too, with "
                    f"{_percent(limit.hit_rate)} answered"
                )
        return self._made(await self._propose(values), view, why, reachable=True)

    # ---- memory -------------------------------------------------------------------------------

    async def _for_memory(self, view: ForecastView, most: float) -> Suggestion:
        """Fewer live answers first: a packed one holds the same in a fraction of the bytes."""
        now = view.predicted.memory_bytes
        if now is None:
            why = ["nothing is cached yet, so that its size is not known"]
            return Suggestion(reachable=False, why=why, now=view.predicted)
        if now <= most:
            return self._nothing(view, f"it would take {_megabytes(now)} MB, no more than wanted")
        why = [f"it would take {_megabytes(now)} MB when all of it has been asked"]
        levels = [
            level
            for level in self._engine.level_limits(self._cache, self._now)
            if level[0] is not Level.L3
        ]
        best: _Proposal | None = None
        for level, size, _ in levels:
            path = (
                f"levels.{level.name}.max_entries"
                if len(levels) > 1
                else f"caches.{self._cache.value}.max_entries"
            )
            best = await self._shrink(path, size, most, best)
            if (best.effect.memory_bytes or 0) <= most:
                why.append(
                    f"{_percent(_rate(best.effect))} are answered then, in place of "
                    f"{_percent(_rate(view.predicted))}"
                )
                return self._made(best, view, why, reachable=True)
        assert best is not None
        why.append(f"even one entry a level takes {_megabytes(best.effect.memory_bytes or 0)} MB")
        return self._made(best, view, why, reachable=False)

    async def _shrink(
        self, path: str, size: int, most: float, start: _Proposal | None
    ) -> _Proposal:
        """The greatest size at `path` that fits, by bisection; 1 where none does."""
        base = start.settings if start is not None else self._now
        low, high = 1, size
        best = await self._effect_of(apply_values(base, {path: 1}))
        while low < high:
            middle = (low + high + 1) // 2
            found = await self._effect_of(apply_values(base, {path: middle}))
            if (found.effect.memory_bytes or 0) <= most:
                low, best = middle, found
            else:
                high = middle - 1
        return best

    # ---- results ------------------------------------------------------------------------------

    async def _propose(self, values: dict[str, object]) -> _Proposal:
        return await self._effect_of(apply_values(self._now, values))

    async def _effect_of(self, settings: Settings) -> _Proposal:
        effect = await self._forecasts.effect(self._engine, self._cache, settings)
        return _Proposal(settings, effect)

    def _nothing(self, view: ForecastView, why: str) -> Suggestion:
        return Suggestion(reachable=True, why=[why], now=view.predicted)

    def _made(
        self, proposal: _Proposal, view: ForecastView, why: list[str], *, reachable: bool
    ) -> Suggestion:
        after = flatten(proposal.settings)
        paths = changed_paths(self._now, proposal.settings)
        return Suggestion(
            reachable=reachable,
            changes={path: after[path] for path in paths},
            label=describe_changes(self._now, proposal.settings),
            why=why,
            now=view.predicted,
            draft=proposal.effect,
        )


def _checked_words(found: _Proposal) -> str:
    warmed = " and preparing answers in the background" if found.settings.warming else ""
    return f"checking every start{warmed} gives {_percent(_rate(found.effect))}, none of it stale"


def _rate(effect: EffectView) -> float:
    return effect.hit_rate or 0.0


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _age(seconds: float) -> str:
    return f"{seconds * 1000:g} ms" if 0 < seconds < 1 else format_duration(seconds)


def _megabytes(count: float) -> str:
    return f"{count / _MEGABYTE:.1f}"


def _share(value: float) -> float:
    if not 0 < value <= 1:
        raise SettingError(f"a hit rate is above 0 and at most 1, not {value:g}")
    return value


def _at_least_zero(value: float) -> float:
    if not value >= 0:
        raise SettingError(f"{value:g} is less than nothing")
    return value
