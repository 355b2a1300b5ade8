"""What one finished answer takes in memory, live and packed; runs in a worker process."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine.bench.worker import Ask
from engine.core.engine import Engine
from engine.monitoring.starts import ANSWERS
from engine.optimizations import ALL_OPTIMIZATIONS, Optimization
from engine.settings import CacheSettings, LevelSettings, Settings
from engine.trace import Level, Namespace

KEPT_S = 86_400.0
"""Longer than any benchmark: only size decides what is kept."""
_ANSWERS_ON = Optimization.PARALLEL_ASSEMBLY
_MANY = 1_000_000


class AnswerBytes(msgspec.Struct, frozen=True):
    """Bytes per finished answer, by tracemalloc: what comes free when all are let go."""

    live: float
    packed: float


def sized_settings(sizes: Mapping[Level, int]) -> Settings:
    """Settings under which answers are kept by these levels, so many by each, for long.

    With L1 alone there are no tiers. Rows are not kept: they would answer in the answers' place.
    """
    tiered = len(sizes) > 1
    defaults = Settings()
    most = _MANY if tiered else sizes[Level.L1]
    return msgspec.structs.replace(
        defaults,
        optimizations=ALL_OPTIMIZATIONS - (set() if tiered else {Optimization.TIERED_CACHE}),
        caches={
            **defaults.caches,
            Namespace.ANSWERS: CacheSettings(KEPT_S, most),
            Namespace.ROWS: CacheSettings(KEPT_S, 1),
        },
        levels={level: LevelSettings(KEPT_S, sizes.get(level, 1)) for level in Level},
    )


def answer_bytes(root: Path, asks: list[Ask]) -> AnswerBytes:
    """The bytes per answer, of the answers to `asks`."""
    return asyncio.run(_answer_bytes(root, asks))


async def _answer_bytes(root: Path, asks: list[Ask]) -> AnswerBytes:
    live = sized_settings({Level.L1: len(asks)})
    packed = sized_settings({Level.L1: 1, Level.L2: len(asks)})
    await _held(root, live, asks[:1])  # imports and the like belong to no answer
    tracemalloc.start()
    found = AnswerBytes(
        live=await _held(root, live, asks) / len(asks),
        packed=await _held(root, packed, asks) / len(asks),
    )
    tracemalloc.stop()
    return found


async def _held(root: Path, settings: Settings, asks: list[Ask]) -> int:
    async with Engine.open(root, settings=settings, background=False) as engine:
        for task_id, role in asks:
            await engine.task_start(task_id, role, source="bench")
        await settle(engine, asks[0])
        full = traced()
        await engine.apply(
            msgspec.structs.replace(settings, optimizations=settings.optimizations - {_ANSWERS_ON})
        )
        return full - traced()


async def settle(engine: Engine, ask: Ask) -> None:
    """Make everything but the caches let go of all answers except the one to `ask`.

    The list of recent starts keeps answers, and with them what they were made from. Putting the
    same settings in force again makes it take in the starts that wait for that.
    """
    for _ in range(2 * ANSWERS):
        await engine.task_start(*ask, source="bench")
    await engine.apply(engine.settings)


def traced() -> int:
    """Bytes that tracemalloc knows of, without garbage."""
    gc.unfreeze()  # the engine's own tuning hides its objects from the collector
    gc.collect()
    return tracemalloc.get_traced_memory()[0] if tracemalloc.is_tracing() else 0
