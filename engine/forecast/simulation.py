"""A cache of one level or of several, played access by access: exact, slow, and the reference for
the curves."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.forecast.accesses import READ, WRITE, Accesses


@dataclass(frozen=True, slots=True)
class LevelLimits:
    """Size in entries and TTL in the trace's unit of time."""

    size: int
    ttl: float


@dataclass(slots=True)
class LevelsResult:
    """What playing a tiered cache gave."""

    reads: int = 0
    hits: list[int] = field(default_factory=list)
    """By level, the first level first."""
    oldest: float = 0.0
    """Greatest age of anything served from the cache."""


def simulate_eager(accesses: Accesses, size: int, ttl: float) -> int:
    """Hits of an LRU whose expired entries are purged before each insertion."""
    held: OrderedDict[int, float] = OrderedDict()
    loads: deque[tuple[float, int]] = deque()
    """All loads that may not have been purged yet, oldest first."""
    hits = 0
    for time, key, operation in _events(accesses):
        if operation == READ:
            loaded_at = held.get(key)
            if loaded_at is not None and time - loaded_at < ttl:
                hits += 1
                held.move_to_end(key)
                continue
            while loads and not time - loads[0][0] < ttl:
                then, expired = loads.popleft()
                if held.get(expired) == then:
                    del held[expired]
            held[key] = time
            held.move_to_end(key)
            loads.append((time, key))
            if len(held) > size:
                held.popitem(last=False)
        elif operation == WRITE:
            held.pop(key, None)
    return hits


def simulate_levels(accesses: Accesses, levels: Sequence[LevelLimits]) -> LevelsResult:
    """Play a tiered cache as `engine.cache.TieredCache` is one.

    A miss fills every level. An entry found at one level is copied, its load time kept, to the
    levels above that may still serve it; one too old for them leaves them. Expiry is lazy.
    """
    held: list[OrderedDict[int, float]] = [OrderedDict() for _ in levels]
    first, first_ttl = held[0], levels[0].ttl
    result = LevelsResult(hits=[0] * len(levels))
    for time, key, operation in _events(accesses):
        if operation == READ:
            result.reads += 1
            loaded_at = first.get(key)
            if loaded_at is not None and time - loaded_at < first_ttl:
                # By far the most: what the first level answers, no other level hears of.
                first.move_to_end(key)
                result.hits[0] += 1
                if time - loaded_at > result.oldest:
                    result.oldest = time - loaded_at
            else:
                _read(held, levels, key, time, result)
        elif operation == WRITE:
            for level in held:
                level.pop(key, None)
    return result


def _read(
    held: Sequence[OrderedDict[int, float]],
    levels: Sequence[LevelLimits],
    key: int,
    time: float,
    result: LevelsResult,
) -> None:
    answered = _look_up(held, levels, key, time)
    if answered is None:
        for level, limits in zip(held, levels, strict=True):
            _store(level, limits, key, time)
        return
    result.hits[answered] += 1
    loaded_at = held[answered][key]
    result.oldest = max(result.oldest, time - loaded_at)
    for level, limits in zip(held[:answered], levels[:answered], strict=True):
        if time - loaded_at < limits.ttl:
            _store(level, limits, key, loaded_at)
        else:
            level.pop(key, None)


def _look_up(
    held: Sequence[OrderedDict[int, float]],
    levels: Sequence[LevelLimits],
    key: int,
    time: float,
) -> int | None:
    """The first level that may serve `key`; each level asked counts it as used."""
    for index, (level, limits) in enumerate(zip(held, levels, strict=True)):
        if key in level:
            level.move_to_end(key)
            if time - level[key] < limits.ttl:
                return index
    return None


def _store(level: OrderedDict[int, float], limits: LevelLimits, key: int, loaded_at: float) -> None:
    level[key] = loaded_at
    level.move_to_end(key)
    if len(level) > limits.size:
        level.popitem(last=False)


def _events(accesses: Accesses) -> zip[tuple[float, int, int]]:
    return zip(
        accesses.times.tolist(), accesses.keys.tolist(), accesses.operations.tolist(), strict=True
    )
