"""What each promise of the cache means, one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cache import DiskIdentity, DiskLevel, DiskStore, Entry, TieredCache
from engine.clock import VirtualClock
from engine.settings import CacheSettings
from engine.trace import Level, Namespace, Outcome
from tests.cache.helpers import ROOMY, MsgpackPacker, cache_of, entry, levels_of


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


def test_an_entry_is_served_until_its_time_is_up_and_not_at_that_instant(
    clock: VirtualClock,
) -> None:
    cache = cache_of(clock.monotonic, (10, 60))
    cache.put(1, entry(11, 0.0))
    clock.move_to(59.999)
    assert cache.get(1).outcome is Outcome.HIT
    clock.move_to(60.0)
    assert cache.get(1).outcome is Outcome.EXPIRED


def test_hits_never_extend_the_deadline(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (10, 10), (10, 30))
    cache.put(1, entry(11, 0.0))
    levels = []
    for second in range(32):
        clock.move_to(second)
        levels.append(cache.get(1).level)
    assert levels == [Level.L1] * 10 + [Level.L2] * 20 + [None] * 2


def test_the_deadline_counts_from_before_the_load(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (10, 60))
    clock.move_to(50)
    cache.put(1, entry(11, loaded_at=0.0))
    clock.move_to(60)
    assert cache.get(1).outcome is Outcome.EXPIRED


def test_none_is_a_value(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (1, 60), (10, 60))
    cache.put(1, entry(None, 0.0))
    cache.put(2, entry(22, 0.0))
    found = cache.get(1)
    assert found.outcome is Outcome.HIT
    assert found.level is Level.L2
    assert found.entry is not None
    assert found.entry.value is None


def test_an_expired_entry_stays_as_a_candidate_until_it_is_dropped(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (10, 60))
    held = entry(11, 0.0)
    cache.put(1, held)
    clock.move_to(100)
    assert cache.get(1).entry is held
    assert cache.get(1).entry is held
    cache.drop(1)
    gone = cache.get(1)
    assert gone.entry is None
    assert gone.outcome is Outcome.EXPIRED


def test_a_confirmed_entry_lives_again_from_the_confirming_read_on(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (10, 60), (10, 60))
    cache.put(1, entry(11, 0.0))
    clock.move_to(100)
    candidate = cache.get(1).entry
    assert candidate is not None
    files = (("SOP.md", (1, 2, 3)),)
    cache.confirm(1, candidate, loaded_at=99.0, epoch=7, files=files)
    clock.move_to(158.9)
    found = cache.get(1).entry
    assert found is not None
    assert (found.value, found.loaded_at, found.epoch, found.files) == (11, 99.0, 7, files)
    assert found.proof == b"proof"
    clock.move_to(159.0)
    assert cache.get(1).outcome is Outcome.EXPIRED


def test_confirming_another_load_repacks_its_value(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (1, 60), (10, 60))
    cache.put(1, entry(11, 0.0, proof=b"old"))
    cache.confirm(1, entry(12, 0.0, proof=b"new"), loaded_at=1.0, epoch=0)
    cache.put(2, entry(22, 0.0))
    found = cache.get(1)
    assert found.level is Level.L2
    assert found.entry is not None
    assert found.entry.value == 12


def test_misses_say_why(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (2, 60))
    assert cache.get(1).outcome is Outcome.FIRST_TIME
    for key in (1, 2, 3):
        cache.put(key, entry(key, 0.0))
    assert cache.get(1).outcome is Outcome.NO_ROOM
    cache.invalidate(2)
    assert cache.get(2).outcome is Outcome.CHANGED
    cache.put(2, entry(2, 0.0))
    assert cache.get(2).outcome is Outcome.HIT
    cache.clear()
    assert {cache.get(key).outcome for key in (1, 2, 3)} == {Outcome.FIRST_TIME}


def test_what_a_lower_level_still_holds_was_not_evicted(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (1, 60), (2, 60))
    for key in (1, 2, 3):
        cache.put(key, entry(key, 0.0))
    assert cache.get(2).level is Level.L2
    assert cache.get(1).outcome is Outcome.NO_ROOM


def test_a_shorter_time_to_live_acts_on_old_entries_at_once_and_back(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (10, 60))
    cache.put(1, entry(11, 0.0))
    clock.move_to(40)
    cache.configure(CacheSettings(30.0, 10), levels_of((10, 60)), tiered=True)
    assert cache.get(1).outcome is Outcome.EXPIRED
    cache.configure(CacheSettings(60.0, 10), levels_of((10, 60)), tiered=True)
    assert cache.get(1).outcome is Outcome.HIT


def test_a_smaller_size_keeps_the_most_recently_used(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (4, 60))
    for key in (1, 2, 3, 4):
        cache.put(key, entry(key, 0.0))
    cache.get(1)
    cache.configure(CacheSettings(60.0, 2), levels_of((4, 60)), tiered=True)
    assert [cache.get(key).outcome for key in (1, 4, 2, 3)] == [
        Outcome.HIT,
        Outcome.HIT,
        Outcome.NO_ROOM,
        Outcome.NO_ROOM,
    ]
    cache.configure(CacheSettings(60.0, 3), levels_of((4, 60)), tiered=True)
    cache.put(2, entry(2, 0.0))
    assert len(cache) == 3


def test_without_tiers_the_namespace_alone_sets_the_limits(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (1, 10), (5, 60), namespace=(3, 300))
    cache.configure(CacheSettings(300.0, 3), levels_of((1, 10), (5, 60)), tiered=False)
    for key in (1, 2, 3):
        cache.put(key, entry(key, 0.0))
    clock.move_to(299)
    assert [cache.get(key).level for key in (1, 2, 3)] == [Level.L1] * 3
    assert [report.on for report in cache.levels_report()] == [True, False, False]


def test_what_cannot_be_packed_has_no_tiers_and_keeps_its_own_time(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (5, 600))
    cache.configure(CacheSettings(600.0, 5), levels_of((1, 60)), tiered=True)
    for key in (1, 2):
        cache.put(key, entry(key, 0.0))
    clock.move_to(599)
    assert [cache.get(key).level for key in (1, 2)] == [Level.L1] * 2


def test_turning_the_tiers_off_and_on_loses_only_what_l1_cannot_hold(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (1, 60), (5, 60), namespace=(1, 60))
    limits = CacheSettings(60.0, 5)
    cache.configure(limits, levels_of((1, 60), (5, 60)), tiered=True)
    for key in (1, 2):
        cache.put(key, entry(key, 0.0))
    cache.configure(limits, levels_of((1, 60), (5, 60)), tiered=False)
    assert cache.get(1).outcome is Outcome.NO_ROOM
    assert cache.get(2).level is Level.L1
    cache.configure(limits, levels_of((1, 60), (5, 60)), tiered=True)
    cache.put(1, entry(1, 0.0))
    assert cache.get(2).outcome is Outcome.NO_ROOM, "it was in L1 alone"


def test_reports_count_what_happened(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (1, 10), (5, 60))
    cache.put(1, entry(1, 0.0))
    cache.put(2, entry(2, 0.0))
    assert cache.get(2).level is Level.L1
    assert cache.get(1).level is Level.L2
    assert cache.get(3).level is None
    clock.move_to(10)
    assert cache.get(1).level is Level.L2
    l1, l2, l3 = cache.levels_report()
    assert (l1.asked, l1.hits, l1.evictions, l1.expirations) == (4, 1, 2, 1)
    assert (l2.asked, l2.hits, l2.promotions, l2.expirations) == (3, 2, 1, 0)
    assert (l1.entries, l2.entries, l3.on) == (0, 2, False)
    assert l2.bytes_per_entry == 1.0, "a small whole number is one byte of MessagePack"


def test_hits_are_timed_on_a_sample(clock: VirtualClock) -> None:
    cache = cache_of(clock.monotonic, (1, 10))
    cache.put(1, entry(1, 0.0))
    for _ in range(200):
        cache.get(1)
    report = cache.levels_report()[0]
    assert report.hit_us is not None
    assert report.hit_us > 0


def test_live_bytes_are_those_of_the_values_and_asking_moves_nothing(clock: VirtualClock) -> None:
    cache: TieredCache[int, str] = TieredCache(
        Namespace.SOPS, CacheSettings(60.0, 2), levels_of((2, 60)), now=clock.monotonic
    )
    assert cache.levels_report()[0].bytes_per_entry is None
    cache.put(1, Entry("x" * 10_000, 0.0))
    cache.put(2, Entry("y" * 10_000, 0.0))
    size = cache.levels_report()[0].bytes_per_entry
    assert size is not None
    assert 10_000 < size < 11_000
    cache.put(3, Entry("z", 0.0))
    assert cache.get(1).outcome is Outcome.NO_ROOM


def test_bytes_that_could_run_code_are_never_kept_in_a_file(
    clock: VirtualClock, tmp_path: Path
) -> None:
    store = DiskStore(tmp_path, DiskIdentity(tmp_path / "db", 1, 2, b"s", "1"))
    with pytest.raises(ValueError, match="durable"):
        TieredCache(
            Namespace.ANSWERS,
            CacheSettings(60.0, 2),
            levels_of(ROOMY),
            now=clock.monotonic,
            packer=MsgpackPacker(int, durable=False),
            disk=DiskLevel(store, "answers"),
        )
