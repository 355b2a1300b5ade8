"""Needless loads and reads that nothing could be prepared for, against plain counting."""

from __future__ import annotations

import pytest

from engine.forecast.accesses import accesses_of
from engine.forecast.preparing import unprepared_reads
from engine.forecast.requests import Ask
from engine.forecast.simulation import LevelLimits, simulate_levels
from engine.forecast.staleness import prices, staleness
from engine.forecast.worker import ForecastWorker
from tests.forecast.test_worker import ROWS, recorded
from tests.forecast.traces import Row, generated


def counted_needless(rows: list[Row], ttl: float) -> int:
    loaded: dict[object, float] = {}
    changed: set[object] = set()
    needless = 0
    for time, key, operation in rows:
        if operation != "r":
            changed.add(key)
        elif key not in loaded or not time - loaded[key] < ttl:
            needless += key in loaded and key not in changed
            loaded[key] = time
            changed.discard(key)
    return needless


@pytest.mark.parametrize("ttl", [1.0, 100.0, 1000.0, 5000.0, 1e9])
def test_needless_loads_are_those_that_found_nothing_new(ttl: float) -> None:
    rows = list(generated(3, 5, "u", events=4_000))
    trace = accesses_of(rows)
    found = prices(trace, [ttl])[ttl]
    assert found.needless == counted_needless(rows, ttl)
    assert found.staleness == staleness(trace, [ttl])[ttl]


def test_a_read_soon_after_a_change_finds_nothing_prepared() -> None:
    rows: list[Row] = [
        (0, 1, "r"),
        (10, 1, "w"),
        (11, 1, "r"),
        (30, 1, "w"),
        (60, 1, "r"),
    ]
    trace = accesses_of(rows)
    assert unprepared_reads(trace, 0.5) == 0
    assert unprepared_reads(trace, 5.0) == 1
    assert unprepared_reads(trace, 100.0) == 2


def test_changes_found_by_reads_count_as_likely_as_they_were_recent() -> None:
    rows: list[Row] = [(0, 1, "r")]
    for time in range(10, 1010, 10):
        rows += [(time, 1, "w"), (time, 1, "r")]
    assert unprepared_reads(accesses_of(rows), 1.0) == 10
    assert unprepared_reads(accesses_of(rows), 10.0) == 100


def test_first_reads_and_strange_keys_need_no_preparing() -> None:
    assert unprepared_reads(accesses_of([(0, "a", "w"), (0, "b", "r")]), 9.0) == 0
    assert unprepared_reads(accesses_of([(0, "b", "r")]), 9.0) == 0


async def test_the_worker_plays_levels_and_keeps_traces_apart() -> None:
    trace = accesses_of(ROWS).with_unseen_writes()
    stack = [(20, 600.0), (100, 3000.0)]
    async with ForecastWorker() as worker:
        loaded = await worker.load(recorded(), "one")
        await worker.load(recorded(), "two")
        curves = await worker.curves(Ask(stacks=[stack], delays=[50.0], ttls=[600.0], name="one"))
    levels = [LevelLimits(size, ttl) for size, ttl in stack]
    assert curves.stacks == [simulate_levels(trace, levels).hits]
    assert curves.unprepared == [unprepared_reads(accesses_of(ROWS), 50.0)]
    assert curves.by_ttl[0].needless == prices(trace, [600.0])[600.0].needless
    assert loaded.writes == sum(operation == "w" for _, _, operation in ROWS)
