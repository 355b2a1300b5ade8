"""The cache against a model that is too simple to be wrong, over random histories."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine.cache import Found, TieredCache
from engine.clock import VirtualClock
from engine.settings import CacheSettings
from engine.trace import Level, Outcome
from tests.cache.helpers import ROOMY, cache_of, entry, levels_of
from tests.cache.model import ModelCache, ModelLevel

keys = st.integers(0, 7)
sizes = st.integers(1, 6)
seconds = st.integers(0, 12)


class CacheMachine(RuleBasedStateMachine):
    """Reads, loads, invalidations, the passing of time and changes of settings, in any order."""

    @initialize(l1=sizes, l2=sizes, t1=seconds, t2=seconds)
    def start(self, l1: int, l2: int, t1: int, t2: int) -> None:
        self.clock = VirtualClock()
        self.cache: TieredCache[int, int | None] = cache_of(
            self.clock.monotonic, (l1, t1), (l2, t2)
        )
        self.model = ModelCache(
            {Level.L1: ModelLevel(l1, t1), Level.L2: ModelLevel(l2, t2)},
        )
        self.values: dict[tuple[int, float], int] = {}

    def look(self, key: int) -> Found[int | None]:
        now = self.clock.monotonic()
        found = self.cache.get(key)
        outcome, level, loaded_at = self.model.get(key, now)
        assert (found.outcome, found.level) == (outcome, level)
        if loaded_at is None:
            assert found.entry is None
        else:
            assert found.entry is not None
            assert found.entry.loaded_at == loaded_at, "no look-up moves a deadline"
            assert found.entry.value == self.values[key, loaded_at]
        return found

    @rule(key=keys)
    def read(self, key: int) -> None:
        self.look(key)

    @rule(key=keys, took=st.integers(0, 3))
    def read_and_load(self, key: int, took: int) -> None:
        found = self.look(key)
        if found.outcome is Outcome.HIT:
            return
        began = self.clock.monotonic()
        self.clock.advance(took)
        self.values[key, began] = len(self.values)
        self.cache.put(key, entry(self.values[key, began], began))
        self.model.put(key, began)

    @rule(key=keys)
    def read_and_confirm(self, key: int) -> None:
        found = self.look(key)
        if found.outcome is not Outcome.EXPIRED or found.entry is None:
            return
        now = self.clock.monotonic()
        kept = self.cache.confirm(key, found.entry, loaded_at=now, epoch=1)
        assert kept.value == found.entry.value
        assert kept.loaded_at == now
        assert isinstance(kept.value, int)
        self.values[key, now] = kept.value
        self.model.put(key, now)

    @rule(key=keys)
    def invalidate(self, key: int) -> None:
        self.cache.invalidate(key)
        self.model.forget(key, Outcome.CHANGED)

    @rule(key=keys)
    def drop(self, key: int) -> None:
        self.cache.drop(key)
        self.model.forget(key, Outcome.EXPIRED)

    @rule(passed=st.integers(0, 8))
    def wait(self, passed: int) -> None:
        self.clock.advance(passed)

    @rule(l1=sizes, l2=sizes, t1=seconds, t2=seconds, most=sizes, ttl=seconds)
    def configure(self, l1: int, l2: int, t1: int, t2: int, most: int, ttl: int) -> None:
        self.cache.configure(CacheSettings(ttl, most), levels_of((l1, t1), (l2, t2)), tiered=True)
        before = self.model.held()
        self.model.resize(Level.L1, min(l1, most), min(t1, ttl))
        self.model.resize(Level.L2, min(l2, most), min(t2, ttl))
        for key in self.model.held() & before:
            self.model.reasons.pop(key, None)

    @rule()
    def clear(self) -> None:
        self.cache.clear()
        for level in self.model.levels.values():
            level.items.clear()
        self.model.reasons.clear()

    @invariant()
    def same_keys(self) -> None:
        if hasattr(self, "cache"):
            assert len(self.cache) == len(self.model.held())
            assert all(key in self.cache for key in self.model.held())


CacheMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestCacheMachine = CacheMachine.TestCase


def test_the_roomy_limits_bound_nothing() -> None:
    clock = VirtualClock()
    cache = cache_of(clock.monotonic, ROOMY)
    for key in range(2_000):
        cache.put(key, entry(key, 0.0))
    clock.advance(365 * 86_400)
    assert all(cache.get(key).outcome is Outcome.HIT for key in range(2_000))
