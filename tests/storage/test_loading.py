"""All loaders and the baseline read the same rows, of one snapshot."""

from __future__ import annotations

import sqlite3
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.costs.profile import BUILT_IN_PROFILES, CostProfile, Costs, load_profile
from engine.errors import DatabaseError
from engine.storage.baseline import baseline_load
from engine.storage.connections import Connections, FreshConnections
from engine.storage.loading import (
    BatchedLoader,
    Loaded,
    Loader,
    LoadingTools,
    ParallelLoader,
    SequentialLoader,
)
from engine.storage.pool import ConnectionPool
from engine.storage.rows import AGENT_COLUMNS, CONTEXT_COLUMNS, TASK_COLUMNS, Row
from engine.storage.sentinel import Sentinel
from engine.storage.statements import StatementName
from engine.storage.statistics import StatementStatistics
from tests.storage.project import COMMIT_ON_AND_ON, disturbed_by, execute

T = TypeVar("T")

WAYS = [
    f"{strategy} {connections}"
    for strategy in ("batched", "sequential", "parallel")
    for connections in ("pooled", "fresh")
]


@asynccontextmanager
async def loader_on(
    path: Path, way: str, costs: Costs | None = None, statistics: StatementStatistics | None = None
) -> AsyncIterator[Loader]:
    strategy, kind = way.split()
    sentinel = Sentinel(path, 2.0)
    await sentinel.open()
    connections: Connections
    if kind == "pooled":
        pool = ConnectionPool(path, 3, 2.0)
        await pool.open()
        connections = pool
    else:
        connections = FreshConnections(path, 2.0)
    tools = LoadingTools(connections, costs or Costs(), statistics or StatementStatistics())
    loaders: dict[str, Callable[[], Loader]] = {
        "batched": lambda: BatchedLoader(tools),
        "sequential": lambda: SequentialLoader(tools, sentinel),
        "parallel": lambda: ParallelLoader(tools, sentinel),
    }
    try:
        yield loaders[strategy]()
    finally:
        await connections.close()
        await sentinel.close()


async def load_by(
    path: Path, way: str, task_id: int, role: str | None = None, *, want_rules: bool = True
) -> Loaded:
    async with loader_on(path, way) as loader:
        return await loader.load(task_id, role, want_rules=want_rules, charge_facts=True)


def baseline(path: Path, task_id: int, role: str | None = None) -> Loaded:
    return baseline_load(path, task_id, role, Costs(), StatementStatistics())


def content(path: Path) -> bytes:
    return path.read_bytes()


def cell(row: Row | None, columns: tuple[str, ...], name: str) -> object:
    assert row is not None
    return row[columns.index(name)]


def role_of(row: Row | None) -> object:
    return None if row is None else cell(row, AGENT_COLUMNS, "role")


@pytest.mark.parametrize("way", WAYS)
async def test_rows_of_a_whole_task(database: Path, way: str) -> None:
    loaded = await load_by(database, way, 100)
    bundle = loaded.bundle
    assert cell(bundle.task, TASK_COLUMNS, "name") == "add a coupon"
    assert bundle.work_item is not None
    assert bundle.work_item[0] == 10
    assert bundle.project is not None
    assert bundle.project[:2] == (1, "shop")
    contexts = (bundle.project_context, bundle.work_item_context, bundle.task_context)
    assert [cell(row, CONTEXT_COLUMNS, "six_w_data") for row in contexts] == ["P", "W", "T"]
    assert role_of(bundle.agent) == "coder"
    assert bundle.assigned_agent == bundle.agent
    assert [row[0] for row in bundle.summaries] == [4, 2, 3]
    assert loaded.rules is not None
    assert [row[2] for row in loaded.rules] == ["AB-001", "AB-002"]


@pytest.mark.parametrize("way", WAYS)
async def test_override_is_the_agent_and_the_assigned_one_stays(database: Path, way: str) -> None:
    bundle = (await load_by(database, way, 100, "reviewer")).bundle
    assert role_of(bundle.agent) == "reviewer"
    assert role_of(bundle.assigned_agent) == "coder"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("task_id", [100, 101, 102, 103, 104, 105, 7, 0, -5, 2**63, -(2**80)])
async def test_same_as_the_baseline(database: Path, way: str, task_id: int) -> None:
    expected = baseline(database, task_id)
    loaded = await load_by(database, way, task_id)
    assert loaded.bundle == expected.bundle
    assert loaded.rules == expected.rules
    assert loaded.bundle.fingerprint() == expected.bundle.fingerprint()


@pytest.mark.parametrize("way", WAYS)
async def test_what_does_not_exist_is_none(database: Path, way: str) -> None:
    assert (await load_by(database, way, 7)).bundle.task is None
    no_work_item = (await load_by(database, way, 103)).bundle
    assert no_work_item.task is not None
    assert no_work_item.work_item is None
    no_project = (await load_by(database, way, 102)).bundle
    assert no_project.work_item is not None
    assert no_project.project is None


@pytest.mark.parametrize("way", WAYS)
async def test_blank_role_is_no_role(database: Path, way: str) -> None:
    for task_id in (101, 105):
        assert (await load_by(database, way, task_id, "")).bundle.agent is None


@pytest.mark.parametrize("way", WAYS)
async def test_rules_only_when_wanted(database: Path, way: str) -> None:
    assert (await load_by(database, way, 100, want_rules=False)).rules is None
    assert (await load_by(database, way, 7, want_rules=True)).rules == ()


ODD_ROLES = [
    "a'; DROP TABLE tasks; --",
    "a\0b",
    "\ud800",
    "größe/ä:",
    "coder ",
    "Coder",
    "🦀",
    "%_",
]


@pytest.mark.parametrize("role", ODD_ROLES)
async def test_odd_roles_find_only_themselves(database: Path, role: str) -> None:
    for way in WAYS:
        assert (await load_by(database, way, 100, role)).bundle.agent is None
    assert baseline(database, 100, role).bundle.agent is None
    if role == "\ud800":
        return
    execute(database, "INSERT INTO agents(id, project_id, role) VALUES (50, 1, ?)", role)
    for way in WAYS:
        assert role_of((await load_by(database, way, 100, role)).bundle.agent) == role


@pytest.mark.parametrize("way", WAYS)
async def test_text_that_is_not_utf8_stays_bytes(database: Path, way: str) -> None:
    execute(database, "UPDATE tasks SET description = CAST(x'ff41' AS TEXT) WHERE id = 100")
    loaded = await load_by(database, way, 100)
    assert cell(loaded.bundle.task, TASK_COLUMNS, "description") == b"\xffA"
    assert cell(loaded.bundle.task, TASK_COLUMNS, "name") == "add a coupon"
    assert loaded.rules == baseline(database, 100).rules
    assert loaded.bundle == baseline(database, 100).bundle


@pytest.mark.parametrize("way", WAYS)
async def test_assigned_role_that_is_not_utf8_names_nobody(database: Path, way: str) -> None:
    execute(database, "UPDATE tasks SET assigned_to = CAST(x'ff41' AS TEXT) WHERE id = 100")
    execute(database, "INSERT INTO agents(project_id, role) VALUES (1, CAST(x'ff41' AS TEXT))")
    for role in (None, "reviewer"):
        loaded = await load_by(database, way, 100, role)
        assert loaded.bundle.assigned_agent is None
        assert role_of(loaded.bundle.agent) == role
        assert loaded.bundle == baseline(database, 100, role).bundle


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    assigned=st.one_of(
        st.none(),
        st.text(alphabet=" \t\x1c\x85\u2003\u3000\ufeffcoder", max_size=8),
        st.binary(max_size=4),
        st.just("\u3000coder\x1f"),
    ),
    role=st.sampled_from([None, "", "coder", " coder", "reviewer"]),
)
async def test_every_way_reads_a_role_alike(
    database: Path, assigned: str | bytes | None, role: str | None
) -> None:
    execute(database, "UPDATE tasks SET assigned_to = ? WHERE id = 100", assigned)
    expected = baseline(database, 100, role).bundle
    for way in ("batched pooled", "parallel fresh", "sequential pooled"):
        assert (await load_by(database, way, 100, role)).bundle == expected


# ---- one snapshot ---------------------------------------------------------------------------


def versions(loaded: Loaded) -> set[int]:
    task, work_item, project = loaded.bundle.task, loaded.bundle.work_item, loaded.bundle.project
    assert task is not None
    assert work_item is not None
    assert project is not None
    return {int(float(str(row))) for row in (task[6], work_item[9], project[2]) if row is not None}


@pytest.mark.parametrize("way", WAYS)
async def test_a_writing_process_is_never_seen_half_way(
    database_in_either_mode: Path, tmp_path: Path, way: str
) -> None:
    committed = tmp_path / "committed"
    committed.write_bytes(bytes(8))
    seen: set[int] = set()
    with disturbed_by(COMMIT_ON_AND_ON, database_in_either_mode, committed):
        async with loader_on(database_in_either_mode, way) as loader:
            loads, give_up_at = 0, time.monotonic() + 20
            while (loads < 20 or len(seen) < 3) and time.monotonic() < give_up_at:
                loaded = await loader.load(100, None, want_rules=False, charge_facts=False)
                assert len(versions(loaded)) <= 1
                seen |= versions(loaded)
                loads += 1
    assert struct.unpack("q", committed.read_bytes())[0] > 0
    assert len(seen) >= 3, "the writer has not disturbed anything"


class MeddledPool(ConnectionPool):
    """A pool that commits something as soon as a project's row has been read."""

    meddled = 0

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        result = await super().run(function)
        if not self.meddled:
            self.meddled += 1
            execute(self._path, "UPDATE tasks SET effort_hours = 7 WHERE id = 100")
            execute(self._path, "UPDATE work_items SET effort_estimate_hours = 7 WHERE id = 10")
            execute(self._path, "UPDATE projects SET description = '7' WHERE id = 1")
        return result


async def test_torn_parallel_load_is_noticed_and_read_again(database: Path) -> None:
    pool, sentinel = MeddledPool(database, 1, 2.0), Sentinel(database, 2.0)
    await pool.open()
    await sentinel.open()
    try:
        tools = LoadingTools(pool, Costs(), StatementStatistics())
        loader = ParallelLoader(tools, sentinel)
        loaded = await loader.load(100, None, want_rules=True, charge_facts=False)
        assert StatementName.BATCH in {span.name for span in loaded.spans}, "read again"
        assert versions(loaded) == {7}
        assert cell(loaded.bundle.task, TASK_COLUMNS, "effort_hours") == 7.0
    finally:
        await pool.close()
        await sentinel.close()


# ---- costs, times, failures -----------------------------------------------------------------

TENTH = CostProfile(
    "tenth",
    connect_ms=0.5,
    close_ms=0.2,
    query_ms={StatementName.TASK: 1.3, StatementName.WORK_ITEM: 1.3, StatementName.PROJECT: 1.8},
    plugin_facts_ms=2.0,
)


@pytest.mark.parametrize(
    ("way", "facts", "expected"),
    [
        ("batched pooled", True, 2.0),
        ("batched pooled", False, 1.8),
        ("batched fresh", True, 2.7),
        ("sequential pooled", True, 6.4),
        ("sequential pooled", False, 4.4),
        ("sequential fresh", True, 8.5),
    ],
)
async def test_injected_costs(database: Path, way: str, facts: bool, expected: float) -> None:
    async with loader_on(database, way, Costs(TENTH)) as loader:
        started = time.perf_counter_ns()
        loaded = await loader.load(100, None, want_rules=True, charge_facts=facts)
        took = time.perf_counter_ns() - started
    assert expected <= took / 1e6
    assert loaded.modeled_ns == sum(span.modeled_ns for span in loaded.spans) <= took
    assert not [span for span in loaded.spans if span.name == "rules" and span.modeled_ns]


async def test_concurrent_costs_count_once(database: Path) -> None:
    async with loader_on(database, "parallel fresh", Costs(TENTH)) as loader:
        loaded = await loader.load(100, None, want_rules=True, charge_facts=True)
    each = [span.modeled_ns for span in loaded.spans]
    assert max(each) <= loaded.modeled_ns <= sum(each)


def test_baseline_asks_twelve_times_and_pays_the_published_costs(database: Path) -> None:
    statistics = StatementStatistics()
    started = time.perf_counter_ns()
    # Ten times as dear, real work stays below the costs also on a busy machine.
    loaded = baseline_load(database, 100, None, Costs(load_profile("plan")), statistics)
    assert time.perf_counter_ns() - started >= 85_000_000
    assert sum(summary.count for summary in statistics.summaries()) == 12
    assert [span.name for span in loaded.spans].count("agent") == 4
    assert loaded.modeled_ns > 0
    assert baseline(database, 100).modeled_ns == 0


@pytest.mark.parametrize("way", WAYS)
async def test_native_injects_nothing_and_spans_are_in_order(database: Path, way: str) -> None:
    statistics = StatementStatistics()
    async with loader_on(database, way, Costs(), statistics) as loader:
        loaded = await loader.load(100, "reviewer", want_rules=True, charge_facts=True)
    assert loaded.modeled_ns == 0
    assert all(span.start_ns <= span.end_ns for span in loaded.spans)
    shares = [summary.share for summary in statistics.summaries()]
    assert sum(shares) == pytest.approx(1.0)


@pytest.mark.parametrize(("way", "statements"), [("batched pooled", 2), ("sequential fresh", 9)])
async def test_a_slow_disk_charges_every_statement(
    database: Path, way: str, statements: int
) -> None:
    slow = CostProfile("slow", per_statement_ms=1.0)
    async with loader_on(database, way, Costs(slow)) as loader:
        started = time.perf_counter_ns()
        loaded = await loader.load(100, None, want_rules=True, charge_facts=False)
        took = time.perf_counter_ns() - started
    assert sum(span.name != "connection" for span in loaded.spans) == statements
    assert took >= statements * 1_000_000
    assert BUILT_IN_PROFILES["slow-disk"].per_statement_ms == 20.0


@pytest.mark.parametrize("way", WAYS)
async def test_a_broken_table_is_an_error_of_the_database(database: Path, way: str) -> None:
    async with loader_on(database, way) as loader:
        execute(database, "ALTER TABLE projects DROP COLUMN tech_stack")
        with pytest.raises(DatabaseError, match="schema"):
            await loader.load(100, None, want_rules=True, charge_facts=True)


async def test_the_database_is_never_written(database: Path) -> None:
    before = content(database)
    for way in WAYS:
        await load_by(database, way, 100, "reviewer")
    baseline(database, 100)
    assert content(database) == before
    pool = ConnectionPool(database, 1, 1.0)
    await pool.open()
    try:
        with pytest.raises(DatabaseError):
            await pool.run(lambda connection: connection.execute("DELETE FROM tasks"))
    finally:
        await pool.close()
