"""The live cache, replayed under a virtual clock, gives exactly the predicted cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cache import DiskLevel, DiskStore, TieredCache
from engine.clock import VirtualClock
from engine.forecast.accesses import accesses_of
from engine.forecast.covering import lazy_hits
from engine.forecast.simulation import LevelLimits, simulate_levels
from engine.settings import CacheSettings
from engine.trace import Level
from tests.cache.disk_engine import IDENTITY
from tests.cache.helpers import Limits, cache_of, entry, levels_of
from tests.forecast.traces import Row, generated, rows_of

Live = TieredCache[int, int | None]
limits = st.tuples(st.integers(1, 6), st.integers(0, 15))


def play_memory(cache: Live, clock: VirtualClock, rows: list[Row]) -> Counter[Level]:
    """Hits by level of a cache that needs no disk."""
    hits: Counter[Level] = Counter()
    for time, key, operation in rows:
        clock.move_to(time)
        if operation == "w":
            cache.invalidate(key)
            continue
        found = cache.get(key)
        if found.level is not None:
            hits[found.level] += 1
        else:
            cache.put(key, entry(key, clock.monotonic()))
    return hits


@settings(max_examples=200, deadline=None)
@given(rows=rows_of("rrrw"), cell=limits)
def test_one_level(rows: list[Row], cell: Limits) -> None:
    clock = VirtualClock()
    cache = cache_of(clock.monotonic, cell, namespace=cell, tiered=False)
    hits = play_memory(cache, clock, rows)
    size, ttl = cell
    assert hits[Level.L1] == lazy_hits(accesses_of(rows), [size], [ttl])[cell]


@settings(max_examples=200, deadline=None)
@given(rows=rows_of("rrrw"), l1=limits, l2=limits)
def test_two_levels(rows: list[Row], l1: Limits, l2: Limits) -> None:
    clock = VirtualClock()
    hits = play_memory(cache_of(clock.monotonic, l1, l2), clock, rows)
    predicted = simulate_levels(accesses_of(rows), [LevelLimits(*l1), LevelLimits(*l2)])
    assert [hits[Level.L1], hits[Level.L2]] == predicted.hits


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[DiskStore]:
    made = DiskStore(tmp_path, IDENTITY)
    await made.open()
    yield made
    await made.close()


async def play_three(
    store: DiskStore, rows: list[Row], l1: Limits, l2: Limits, l3: Limits
) -> tuple[list[int], float]:
    """Hits by level, and the greatest age served."""
    clock = VirtualClock()
    cache = cache_of(clock.monotonic, l1, l2, l3, disk=DiskLevel(store, "answers"))
    cache.clear()
    hits: Counter[Level] = Counter()
    oldest = 0.0
    for time, key, operation in rows:
        clock.move_to(time)
        if operation == "w":
            cache.invalidate(key)
            continue
        found = await cache.find(key)
        if found.level is None:
            cache.put(key, entry(key, clock.monotonic()))
        else:
            assert found.entry is not None
            hits[found.level] += 1
            oldest = max(oldest, time - found.entry.loaded_at)
    return [hits[level] for level in Level], oldest


async def test_three_levels_on_the_reference_trace(store: DiskStore) -> None:
    rows = list(generated(1, 0, "r", events=5_000))
    played = await play_three(store, rows, (20, 600), (100, 3000), (400, 18000))
    levels = [LevelLimits(20, 600), LevelLimits(100, 3000), LevelLimits(400, 18000)]
    predicted = simulate_levels(accesses_of(rows), levels)
    assert played == (predicted.hits, predicted.oldest)
    assert all(predicted.hits)
    assert played[1] < 18000


async def test_three_levels_with_invalidations(store: DiskStore) -> None:
    for seed in range(2):
        rows = list(generated(seed, 15, "w", events=1_500))
        shapes: list[Limits] = [(5, 300 + seed), (20 + seed, 900), (60, 4000)]
        hits, oldest = await play_three(store, rows, *shapes)
        predicted = simulate_levels(accesses_of(rows), [LevelLimits(*shape) for shape in shapes])
        assert (hits, oldest) == (predicted.hits, predicted.oldest)


def test_a_change_of_settings_takes_effect_between_two_accesses() -> None:
    rows = list(generated(5, 0, "r", events=2_000))
    clock = VirtualClock()
    cache = cache_of(clock.monotonic, (50, 1000), namespace=(50, 1000), tiered=False)
    first = play_memory(cache, clock, rows[:1000])
    cache.clear()
    cache.configure(CacheSettings(200.0, 20), levels_of((1, 1)), tiered=False)
    second = play_memory(cache, clock, rows[1000:])
    assert first[Level.L1] == lazy_hits(accesses_of(rows[:1000]), [50], [1000])[50, 1000]
    assert second[Level.L1] == lazy_hits(accesses_of(rows[1000:]), [20], [200])[20, 200]
