"""Real measurements, as short as they can be: what they count, never how long it took."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from engine.bench.concurrency import measure_concurrency
from engine.bench.floor import FloorReport, measure_floor
from engine.bench.levels import measure_levels, zipf_mix
from engine.bench.levels_report import LevelsReport
from engine.bench.memory import measure_memory
from engine.bench.side import Side, open_side
from engine.bench.situations import Contestant, bench_settings, compare
from engine.bench.worker import Ask, resident_mb
from engine.bench.writes import OtherRow
from engine.clock import SystemClock
from engine.errors import TaskStartError
from engine.optimizations import ALL_OPTIMIZATIONS, NO_OPTIMIZATIONS
from engine.replay.events import Op, WorkloadEvent
from engine.replay.scratch import scratch_copy
from engine.replay.workload import Workload, WorkloadHeader
from engine.replay.writer import ScratchWriter


def quiet(_: str) -> None:
    """Nobody watches."""


def digest(root: Path) -> str:
    return hashlib.sha256((root / ".agentpm/data/agentpm.db").read_bytes()).hexdigest()


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    async with open_side() as opened:
        yield opened


async def test_baseline_and_optimized_are_measured_in_every_situation(
    shop: Path, side: Side
) -> None:
    before = digest(shop)
    async with (
        open_side() as other,
        scratch_copy(shop) as scratch,
        ScratchWriter(scratch, SystemClock()) as writer,
    ):
        await side.open(scratch.root, bench_settings(NO_OPTIMIZATIONS, "native"))
        asks = await side.answerable(6)
        changed = OtherRow(writer, asks.pop()[0])
        found = await compare(
            (side, other), scratch.root, asks, changed, profile="native", seconds=0, progress=quiet
        )
        assert digest(scratch.root) != before
    assert digest(shop) == before
    assert (found.rounds, found.modeled) == (3, False)
    counts = {
        one.name: (one.baseline.latency_ms.n, one.optimized.latency_ms.n)
        for one in found.situations
    }
    assert counts == {
        "cold": (3, 3),
        "new_task": (12, 12),
        "warm": (15, 300),
        "after_write": (15, 15),
    }
    for one in found.situations:
        assert one.latency_ratio is not None
        assert one.latency_ratio.value < 1.0, one.name
        assert one.cpu_ratio is not None


async def test_modeled_starts_cost_what_the_plan_published(shop: Path, side: Side) -> None:
    baseline = Contestant(side, shop, bench_settings(NO_OPTIMIZATIONS, "plan"))
    await baseline.unwritten([(1, None)], repeats=1)
    assert baseline.latencies("cold")[0] >= 144.9
    assert baseline.latencies("warm")[0] >= 144.9


async def test_more_concurrent_starts_are_served_optimized(shop: Path, side: Side) -> None:
    async with open_side() as other:
        await side.open(shop, bench_settings(NO_OPTIMIZATIONS, "native"))
        asks = await side.answerable(5)
        found = await measure_concurrency(
            (side, other), shop, asks, profile="native", seconds=0, progress=quiet
        )
    baseline, empty, warm = found.served
    assert warm.median > baseline.median
    assert empty.at_most == len(asks)
    assert all(one.searches == 1 for one in found.served)


async def test_memory_of_agents_is_below_the_reference(shop: Path) -> None:
    found = await measure_memory(shop, (1, None), quiet)
    assert found is not None
    sops = sum(path.stat().st_size for path in (shop / ".claude/agents").glob("*.md"))
    assert found.agents == found.engine.used == 8
    assert found.reference > 0.9 * sops
    assert 0 < found.engine.after_start <= found.engine.after_use < found.reference
    assert found.engine.all_caches_after_use > found.engine.after_use


async def test_starts_and_their_floors_are_measured_in_both_journal_modes(shop: Path) -> None:
    before = digest(shop)
    report = await measure_floor(shop, seconds=0.3, progress=quiet)
    assert digest(shop) == before
    assert [one.journal_mode for one in report.found] == ["wal", "delete"]
    for one in report.found:
        assert one.files >= 3  # the database, the agent's SOP, the folder of contexts
        assert one.start_ms.n == one.floor_ms.n > 0
        assert one.ratio is not None
    in_wal_mode = report.found[0].ratio
    assert in_wal_mode is not None
    assert in_wal_mode.value > 1.0  # in delete mode starts do without the hop of the floor
    assert all(len(line) <= 100 for line in report.as_text().splitlines())
    assert msgspec.json.decode(report.as_json(), type=FloorReport) == report


async def test_tiers_hold_more_answers_than_l1_alone_for_the_same_memory(shop: Path) -> None:
    report = await measure_levels(shop, starts=60, seconds=0, progress=quiet)
    single, *tiers = report.stacks
    assert report.starts == 60
    assert report.packed_bytes < report.live_bytes
    for stack in report.stacks:
        assert stack.hit_share == pytest.approx(sum(level.hit_share for level in stack.levels))
        assert 0 <= stack.hit_share < 1
    assert [level.on for level in single.levels] == [True, False, False]
    (with_disk,) = [stack for stack in tiers if stack.levels[2].on]
    assert with_disk.hit_share >= max(stack.hit_share for stack in report.stacks)
    assert all(len(line) <= 100 for line in report.as_text().splitlines())
    assert msgspec.json.decode(report.as_json(), type=LevelsReport) == report


async def test_levels_play_the_starts_of_a_workload_that_have_an_answer(shop: Path) -> None:
    asked = [1, 2, 1, 99_999, 1]
    events = [WorkloadEvent(t=0.0, op=Op.TASKSTART, task_id=task_id) for task_id in asked]
    events.append(WorkloadEvent(t=1.0, op=Op.TASK_UPDATE, task_id=1))
    workload = Workload(events, WorkloadHeader(), "mine")
    report = await measure_levels(shop, workload=workload, seconds=0, progress=quiet)
    assert (report.workload, report.starts, report.keys) == ("mine", 4, 2)


def test_the_default_trace_is_skewed_and_always_the_same() -> None:
    keys: list[Ask] = [(task_id, None) for task_id in range(1, 101)]
    trace = zipf_mix(keys, 2_000)
    assert trace == zipf_mix(keys, 2_000)
    counts = sorted((trace.count(key) for key in keys), reverse=True)
    assert sum(counts[:10]) > 0.35 * len(trace)


async def test_a_failure_in_the_worker_comes_back_with_its_remedy(
    side: Side, tmp_path: Path
) -> None:
    with pytest.raises(TaskStartError) as caught:
        await side.open(tmp_path, bench_settings(ALL_OPTIMIZATIONS, "native"))
    assert "not an AgentPM project" in caught.value.reason
    assert caught.value.remedy
    assert await side.call(resident_mb) > 1.0


async def test_starts_without_any_answer_are_an_error(side: Side, shop: Path) -> None:
    await side.open(shop, bench_settings(ALL_OPTIMIZATIONS, "native"))
    with pytest.raises(TaskStartError, match="none of the starts"):
        await side.answered([(99_999, None)])
