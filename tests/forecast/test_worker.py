"""Forecasts in another process: same figures, and no way to hang or to mix up answers."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import psutil
import pytest

from engine.errors import ServiceError, TimeoutExceededError
from engine.forecast.accesses import accesses_of
from engine.forecast.covering import lru_hits, ttl_hits
from engine.forecast.recorder import AccessRecorder, Recorded
from engine.forecast.requests import Ask
from engine.forecast.staleness import staleness
from engine.forecast.worker import ForecastWorker
from tests.forecast.traces import Row, generated

ROWS: list[Row] = list(generated(4, 10, "w", events=3_000))


def recorded() -> Recorded:
    recorder = AccessRecorder(10_000)
    for time, key, operation in ROWS:
        (recorder.read if operation == "r" else recorder.write)(time, key)
    return recorder.snapshot()


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if is_worker(child)]


def is_worker(process: psutil.Process) -> bool:
    try:
        return "engine.forecast.worker_process" in process.cmdline()
    except psutil.ZombieProcess:
        return False  # an engine that another test let go


async def test_the_worker_gives_the_same_figures() -> None:
    trace = accesses_of(ROWS)
    unheard = trace.with_unseen_writes()
    ask = Ask(ttls=[50.0, 500.0, 5000.0], sizes=[10, 100])
    async with ForecastWorker() as worker:
        loaded = await worker.load(recorded())
        curves = await worker.curves(ask)
        heard = await worker.curves(Ask(ttls=[500.0], heard=True))
        assert await worker.curves(ask) == curves
        await worker.load(AccessRecorder(10).snapshot())
        assert (await worker.curves(ask)).by_ttl[0].hits == 0
    assert loaded.reads == len(trace.reads)
    assert loaded.keys == loaded.cold == trace.distinct_keys
    assert loaded.span == trace.span
    assert [point.hits for point in curves.by_ttl] == list(ttl_hits(unheard, ask.ttls).values())
    assert [(point.stale, point.oldest_stale) for point in curves.by_ttl] == [
        (found.stale, found.age_max) for found in staleness(unheard, ask.ttls).values()
    ]
    assert [point.hits for point in curves.by_size] == list(lru_hits(unheard, ask.sizes).values())
    assert heard.by_ttl[0].hits == ttl_hits(trace, [500.0])[500.0]
    assert heard.by_ttl[0].stale == 0
    assert not children()


async def test_a_worker_that_died_is_told_and_comes_back_with_its_trace() -> None:
    async with ForecastWorker() as worker:
        await worker.load(recorded())
        before = await worker.curves(Ask(ttls=[500.0]))
        (process,) = children()
        process.kill()
        process.wait(10)
        with pytest.raises(ServiceError, match="died"):
            await worker.curves(Ask(ttls=[500.0]))
        assert await worker.curves(Ask(ttls=[500.0])) == before


async def test_a_question_before_any_trace_is_refused() -> None:
    async with ForecastWorker() as worker:
        with pytest.raises(ServiceError, match="no trace"):
            await worker.curves(Ask(ttls=[1.0]))


async def test_a_cancelled_question_never_answers_the_next_one() -> None:
    async with ForecastWorker() as worker:
        await worker.load(recorded())
        asking = asyncio.create_task(worker.curves(Ask(ttls=[float(t) for t in range(1, 400)])))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        curves = await worker.curves(Ask(ttls=[500.0]))
        assert [point.ttl for point in curves.by_ttl] == [500.0]


async def test_a_question_that_takes_too_long_is_given_up() -> None:
    async with ForecastWorker(timeout_seconds=0.0) as worker:
        with pytest.raises(TimeoutExceededError):
            await worker.load(recorded())
        assert not children()


def test_the_way_to_a_start_imports_no_numpy() -> None:
    code = (
        "import sys, engine.cache, engine.forecast, engine.forecast.recorder, "
        "engine.forecast.requests, engine.forecast.worker; print('numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
