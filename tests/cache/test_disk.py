"""The disk level: what it answers, what it holds, to whom it belongs."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from engine.cache import DiskLevel, DiskStore, disk
from engine.cache.disk_file import DiskFile
from engine.clock import VirtualClock
from engine.settings import CacheSettings
from engine.trace import Level, Outcome
from tests.cache.disk_engine import IDENTITY, NOTHING, Engine
from tests.cache.helpers import ROOMY, cache_of, entry, levels_of
from tests.waiting import until


async def test_within_one_run_the_disk_answers_until_its_own_time_is_up(engine: Engine) -> None:
    engine.cache.configure(
        CacheSettings(1e9, 100), levels_of(NOTHING, NOTHING, (10, 100)), tiered=True
    )
    engine.cache.put(1, entry(11, 0.0))
    engine.clock.move_to(99)
    found = await engine.cache.find(1)
    assert (found.outcome, found.level) == (Outcome.HIT, Level.L3)
    assert found.entry == entry(11, 0.0)
    engine.clock.move_to(100)
    found = await engine.cache.find(1)
    assert found.outcome is Outcome.EXPIRED
    assert found.entry == entry(11, 0.0)


async def test_after_a_restart_an_entry_is_a_candidate_and_never_a_hit(engine: Engine) -> None:
    engine.cache.put(1, entry(11, 0.0))
    await engine.stop()
    await engine.start()
    found = await engine.cache.find(1)
    assert found.outcome is Outcome.EXPIRED
    assert found.entry is not None
    assert (found.entry.value, found.entry.proof) == (11, b"proof")
    engine.cache.confirm(1, found.entry, loaded_at=0.0, epoch=3)
    assert (await engine.cache.find(1)).level is Level.L3


async def test_what_has_no_proof_is_not_kept_and_takes_the_former_away(engine: Engine) -> None:
    engine.cache.put(1, entry(11, 0.0))
    engine.cache.put(1, entry(12, 0.0, proof=b""))
    engine.cache.put(2, entry(22, 0.0, proof=b""))
    engine.cache.put(3, entry(33, 0.0))
    await engine.stop()
    await engine.start()
    assert (await engine.cache.find(1)).entry is None
    assert (await engine.cache.find(2)).entry is None
    assert (await engine.cache.find(3)).entry is not None


async def test_invalidation_reaches_the_disk_at_once(engine: Engine) -> None:
    engine.cache.put(1, entry(11, 0.0))
    await engine.store.flush()
    engine.cache.invalidate(1)
    found = await engine.cache.find(1)
    assert (found.entry, found.outcome) == (None, Outcome.CHANGED)
    engine.cache.put(2, entry(22, 0.0))
    engine.cache.clear()
    assert (await engine.cache.find(2)).entry is None


async def test_an_invalidation_while_the_disk_is_read_wins(engine: Engine) -> None:
    engine.cache.put(1, entry(11, 0.0))
    await engine.store.flush()
    reading = engine.cache.deepen(1, engine.cache.get(1))
    pending = reading.send(None)
    assert pending is not None, "the read is under way in the store's thread"
    engine.cache.invalidate(1)
    while not pending.done():
        await engine.store.flush()
    with pytest.raises(StopIteration) as ended:
        reading.send(None)
    assert ended.value.value.entry is None
    assert 1 not in engine.cache


async def test_a_new_load_while_the_disk_is_read_is_what_is_served(engine: Engine) -> None:
    engine.cache.configure(CacheSettings(1e9, 100), levels_of(ROOMY, NOTHING), tiered=True)
    engine.cache.put(1, entry(11, 0.0))
    await engine.store.flush()
    found = engine.cache.get(2)
    reading = engine.cache.deepen(1, found)
    pending = reading.send(None)
    assert pending is not None
    engine.cache.put(1, entry(12, 0.0))
    while not pending.done():
        await engine.store.flush()
    with pytest.raises(StopIteration) as ended:
        reading.send(None)
    assert ended.value.value.entry.value == 12


async def test_a_hit_on_disk_is_copied_upward_with_its_deadline_kept(engine: Engine) -> None:
    engine.cache.configure(
        CacheSettings(1e9, 100), levels_of((1, 60), (1, 120), (10, 1e9)), tiered=True
    )
    engine.cache.put(1, entry(11, 0.0))
    engine.cache.put(2, entry(22, 0.0))
    assert (await engine.cache.find(1)).level is Level.L3
    assert (await engine.cache.find(1)).level is Level.L1
    engine.clock.move_to(60)
    assert (await engine.cache.find(1)).level is Level.L2
    engine.clock.move_to(120)
    assert (await engine.cache.find(1)).level is Level.L3
    report = engine.cache.levels_report()[2]
    assert (report.on, report.entries, report.hits) == (True, 2, 2)
    assert report.hit_us is not None


async def test_the_disk_holds_the_most_recently_used_up_to_its_size(engine: Engine) -> None:
    engine.cache.configure(
        CacheSettings(1e9, 100), levels_of(NOTHING, NOTHING, (3, 1e9)), tiered=True
    )
    for key in (1, 2, 3):
        engine.cache.put(key, entry(key, 0.0))
    assert (await engine.cache.find(1)).level is Level.L3
    engine.cache.put(4, entry(4, 0.0))
    found = {key: (await engine.cache.find(key)).level for key in (1, 2, 3, 4)}
    assert found == {1: Level.L3, 2: None, 3: Level.L3, 4: Level.L3}
    engine.cache.configure(
        CacheSettings(1e9, 1), levels_of(NOTHING, NOTHING, (3, 1e9)), tiered=True
    )
    await engine.store.flush()
    assert engine.cache.levels_report()[2].entries == 1
    assert (await engine.cache.find(4)).level is Level.L3


async def test_the_disk_is_bounded_in_bytes(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, IDENTITY, max_bytes=10_000)
    await store.open()
    level: DiskLevel[int] = DiskLevel(store, "answers")
    other: DiskLevel[int] = DiskLevel(store, "sops")
    clock = VirtualClock()
    caches = [cache_of(clock.monotonic, NOTHING, NOTHING, disk=disk) for disk in (level, other)]
    for key in range(200):
        caches[key % 2].put(key, entry(key, 0.0))
    await store.flush()
    held = level.totals.bytes_held + other.totals.bytes_held
    assert 9_000 < held <= 10_000
    assert level.totals.entries > 15
    assert other.totals.entries > 15
    assert (await caches[1].find(199)).level is Level.L3
    assert (await caches[0].find(0)).level is None
    await store.close()


async def test_turning_the_tiers_off_makes_what_is_on_disk_unproven(engine: Engine) -> None:
    limits = CacheSettings(1e9, 1)
    engine.cache.put(1, entry(11, 0.0))
    engine.cache.configure(limits, levels_of(NOTHING, NOTHING), tiered=False)
    engine.cache.put(1, entry(12, 0.0))
    assert (await engine.cache.find(1)).level is Level.L1
    engine.cache.put(2, entry(22, 0.0))
    assert (await engine.cache.find(1)).entry is None
    engine.cache.configure(CacheSettings(1e9, 100), levels_of(NOTHING, NOTHING), tiered=True)
    assert (await engine.cache.find(1)).outcome is Outcome.EXPIRED


# ---- identity -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"device": 9},
        {"inode": 9},
        {"schema_fingerprint": b"other"},
        {"version": "2.0"},
        {"database": Path("/elsewhere/agentpm.db")},
    ],
)
async def test_another_identity_sees_nothing(engine: Engine, change: dict[str, Any]) -> None:
    engine.cache.put(1, entry(11, 0.0))
    await engine.stop()
    other = DiskStore(engine.directory, IDENTITY._replace(**change))
    await other.open()
    cache = cache_of(engine.clock.monotonic, NOTHING, NOTHING, disk=DiskLevel(other, "answers"))
    assert (await cache.find(1)).entry is None
    await other.close()
    assert engine.file.exists() == ("database" in change), "a former identity's file is removed"
    await engine.start()


async def test_the_file_is_for_its_user_alone(engine: Engine) -> None:
    assert stat.S_IMODE(engine.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(engine.file.stat().st_mode) == 0o600


async def test_two_engines_on_one_project_never_believe_each_other(engine: Engine) -> None:
    other = Engine(engine.directory)
    await other.start()
    engine.cache.put(1, entry(11, 0.0))
    await engine.store.flush()
    found = await other.cache.find(1)
    assert found.outcome is Outcome.EXPIRED
    assert found.entry is not None
    assert (found.entry.value, found.entry.epoch) == (11, -1)
    other.cache.put(1, entry(12, 0.0))
    await other.store.flush()
    assert (await engine.cache.find(1)).outcome is Outcome.EXPIRED
    assert (await other.cache.find(1)).level is Level.L3
    await other.stop()


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_the_projects_unused_for_longest_lose_their_files(tmp_path: Path) -> None:
    for number in range(40):
        identity = IDENTITY._replace(database=Path(f"/project/{number}.db"))
        store = DiskStore(tmp_path, identity)
        await store.open()
        await store.close()
        os.utime(tmp_path / identity.file_name(), (number, number))
    store = DiskStore(tmp_path, IDENTITY)
    await store.open()
    await store.close()
    await store.close()
    left = names_in(tmp_path)
    assert IDENTITY._replace(database=Path("/project/39.db")).file_name() in left
    assert IDENTITY._replace(database=Path("/project/0.db")).file_name() not in left
    assert len([name for name in left if name.endswith("l3")]) <= 33


async def test_a_disk_that_does_not_answer_is_left_to_itself(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(DiskFile, "close", lambda file: answers.wait(30))
    try:
        await engine.store.close(within_seconds=0.01)
        assert "could not be closed" in engine.store.problem
    finally:
        answers.set()


async def test_what_waits_for_a_disk_that_hangs_is_bounded_and_nothing_forgotten_comes_back(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_WAITING_AT_MOST", 50)
    monkeypatch.setattr(disk, "_WRITE_AFTER_SECONDS", 0.001)
    for key in range(1_000):
        engine.cache.put(key, entry(key, 0.0))
        if key % 40 == 0:
            await engine.store.flush()
    await engine.store.flush()
    assert engine.store.totals("answers").entries == 1_000
    hangs, answers, done = threading.Event(), threading.Event(), []
    delete, clear = DiskFile.delete, DiskFile.clear

    def hanging_delete(file: DiskFile, namespace: str, key: bytes) -> None:
        hangs.set()
        answers.wait(30)
        done.append(key)
        delete(file, namespace, key)

    def counted_clear(file: DiskFile, namespace: str) -> None:
        done.append(b"all")
        clear(file, namespace)

    monkeypatch.setattr(DiskFile, "delete", hanging_delete)
    monkeypatch.setattr(DiskFile, "clear", counted_clear)
    try:
        engine.cache.invalidate(0)
        await until(hangs.is_set)
        for key in range(1, 990):
            engine.cache.invalidate(key)
        engine.cache.put(5_000, entry(1, 0.0))
    finally:
        answers.set()
    await until(lambda: b"all" in done and engine.store.totals("answers").entries == 1)
    assert len(done) <= 52
    found = [key for key in [*range(1_000), 5_000] if (await engine.cache.find(key)).entry]
    assert found == [5_000]
