"""Every way to an answer gives the same answer, and accounts for its time."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter_ns

import pytest

from engine.core.answer import Answer
from engine.optimizations import Optimization
from engine.settings import Freshness, LoadingStrategy, Settings
from engine.trace import Phase
from tests.core.rig import (
    ALL,
    NONE,
    REQUESTS,
    Expected,
    Project,
    changed,
    opened,
    plain,
    with_only,
    without,
)


def _ways() -> Iterator[tuple[str, Settings]]:
    yield "none", NONE
    yield "all", ALL
    for number in map(int, Optimization):
        yield f"only {number}", with_only(number)
        yield f"all but {number}", without(number)
    for loading in LoadingStrategy:
        yield f"{loading}, pool", changed(ALL, loading=loading)
        yield f"{loading}, no pool", changed(without(7), loading=loading)
        yield f"{loading}, no answers", changed(without(4), loading=loading)
    for freshness in Freshness:
        yield f"{freshness}", changed(ALL, freshness=freshness)
        yield f"{freshness}, no answers", changed(without(4), freshness=freshness)
        yield f"{freshness}, serial", changed(without(1), freshness=freshness)


WAYS = dict(_ways())


def _check_times(answer: Answer) -> None:
    trace = answer.trace
    assert sum(trace.phases) == trace.total_ns
    assert min(trace.phases) >= 0
    assert 0 <= trace.modeled_ns <= trace.total_ns
    assert all(0 <= span.start_ns <= span.end_ns <= trace.total_ns for span in trace.spans)
    assert f"**Assembly Time**: {trace.total_ns // 1_000_000}ms" in answer.text


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_gives_the_baselines_answer(
    template: Project, expected: Expected, way: str
) -> None:
    async with opened(template, WAYS[way]) as engine:
        for turn in ("first", "second"):
            for request in REQUESTS:
                answer = await engine.task_start(*request)
                assert plain(answer) == expected[request], (turn, request)
                _check_times(answer)


@pytest.mark.parametrize("profile", ["plan", "plan-full", "slow-disk"])
@pytest.mark.parametrize("way", ["none", "all", "parallel, no pool"])
async def test_injected_costs_change_times_and_nothing_else(
    template: Project, expected: Expected, way: str, profile: str
) -> None:
    async with opened(template, changed(WAYS[way], profile=profile)) as engine:
        for request in REQUESTS[:2]:
            answer = await engine.task_start(*request)
            assert plain(answer) == expected[request]
            _check_times(answer)
            assert answer.trace.modeled
            assert answer.trace.modeled_ns > 0


async def test_answers_are_the_callers_own(template: Project) -> None:
    async with opened(template) as engine:
        first = await engine.task_start(1)
        before = plain(first)
        first.payload["task"].clear()
        first.payload["warnings"].append("mine")
        assert plain(await engine.task_start(1)) == before
        assert plain(first) == before


async def test_time_before_the_start_is_time_of_the_queue(template: Project) -> None:
    async with opened(template) as engine:
        for intended_before_ns in (0, 250_000_000):
            asked = perf_counter_ns()
            answer = await engine.task_start(1, intended_ns=asked - intended_before_ns)
            _check_times(answer)
            assert answer.trace.phases[Phase.QUEUE] >= intended_before_ns


@pytest.mark.parametrize("settings", [ALL, NONE], ids=["all", "none"])
async def test_ids_are_read_as_sqlite_reads_them(template: Project, settings: Settings) -> None:
    async with opened(template, settings) as engine:
        usual = plain(await engine.task_start(1))
        for same in (1.0, "1", " 1 ", "01", "1.0", "1e0", "+1"):
            assert plain(await engine.task_start(same)) == usual, same
        assert plain(await engine.task_start(1, "")) == usual
