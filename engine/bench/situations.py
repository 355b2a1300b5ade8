"""Baseline against optimized, start by start: cold, warm and after a write, interleaved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from engine.bench.budget import Progress, rounds
from engine.bench.samples import Ratio, Summary, ratio_of_medians, summarize
from engine.bench.side import Side
from engine.bench.worker import Ask, Block
from engine.bench.writes import OtherRow
from engine.costs.profile import NATIVE
from engine.optimizations import ALL_OPTIMIZATIONS, NO_OPTIMIZATIONS, Optimization
from engine.settings import Settings

SITUATIONS = {
    "cold": "cold start",
    "new_task": "new task",
    "warm": "warm",
    "after_write": "after a write",
}
"""Each situation with its words on screen.

Cold: the first start of a fresh engine, whose start-up work is done and not counted. New task: the
engine has served others. Warm: it has served this task. After a write: likewise, and somebody has
committed a change to another row since.
"""


class Figures(msgspec.Struct, frozen=True):
    """One side in one situation."""

    latency_ms: Summary
    cpu_ms: Summary
    """CPU time per start, of the whole process; one value for each block of starts."""


class Situation(msgspec.Struct, frozen=True):
    """Baseline and optimized in one situation."""

    name: str
    baseline: Figures
    optimized: Figures
    latency_ratio: Ratio | None
    """Optimized over baseline, of the medians."""
    cpu_ratio: Ratio | None


class Comparison(msgspec.Struct, frozen=True):
    """All situations under one cost profile."""

    profile: str
    modeled: bool
    rounds: int
    situations: list[Situation]
    baseline_resident_mb: float
    optimized_resident_mb: float


@dataclass(slots=True)
class _Measured:
    latencies: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, block: Block) -> None:
        self.latencies += block.latencies_ms
        self.cpu.append(block.cpu_ms / len(block.latencies_ms))

    def figures(self) -> Figures:
        return Figures(summarize(self.latencies), summarize(self.cpu))


class Contestant:
    """One configuration, measured in every situation by a worker."""

    def __init__(self, side: Side, root: Path, settings: Settings) -> None:
        self._settings = settings
        self._side = side
        self._root = root
        self._found = {name: _Measured() for name in SITUATIONS}

    async def unwritten(self, asks: Sequence[Ask], *, repeats: int) -> None:
        """A fresh engine is asked for each task once, then `repeats` times in turn."""
        await self._side.open(self._root, self._settings)
        self._found["cold"].add(await self._side.starts(list(asks[:1])))
        if asks[1:]:
            self._found["new_task"].add(await self._side.starts(list(asks[1:])))
        self._found["warm"].add(await self._side.starts(list(asks) * repeats))

    async def after_write(self, ask: Ask) -> None:
        """A start of a task that it has served, now that somebody has committed another row."""
        self._found["after_write"].add(await self._side.starts([ask]))

    def latencies(self, situation: str) -> list[float]:
        """Milliseconds of every start."""
        return self._found[situation].latencies

    def cpu(self, situation: str) -> list[float]:
        """CPU milliseconds per start, one for each block."""
        return self._found[situation].cpu

    def figures(self, situation: str) -> Figures:
        """The percentiles."""
        return self._found[situation].figures()


def chosen(asks: Sequence[Ask], number: int, count: int) -> list[Ask]:
    """The tasks of a round: others each time, as far as there are."""
    count = min(count, len(asks))
    return [asks[(number * count + k) % len(asks)] for k in range(count)]


async def compare(
    sides: tuple[Side, Side],
    root: Path,
    asks: Sequence[Ask],
    other_row: OtherRow,
    *,
    profile: str,
    seconds: float,
    progress: Progress,
) -> Comparison:
    """Baseline and optimized in turn, round by round, each going first as often.

    Raises:
        TaskStartError: the project cannot be read.
    """
    native = profile == NATIVE.name
    baseline, optimized = (
        Contestant(side, root, bench_settings(on, profile))
        for side, on in zip(sides, (NO_OPTIMIZATIONS, ALL_OPTIMIZATIONS), strict=True)
    )
    done = 0
    for number in rounds(seconds, f"{profile}: baseline against optimized", progress):
        turns = (baseline, optimized) if number % 2 else (optimized, baseline)
        tasks = chosen(asks, number, 5 if native else 3)
        for contestant in turns:
            await contestant.unwritten(tasks, repeats=20 if contestant is optimized else 1)
        for ask in tasks if native else tasks[:1]:
            await other_row.change()
            for contestant in turns:
                await contestant.after_write(ask)
        done = number + 1
    return Comparison(
        profile=profile,
        modeled=not native,
        rounds=done,
        situations=[_situation(name, baseline, optimized) for name in SITUATIONS],
        baseline_resident_mb=await sides[0].resident_mb(),
        optimized_resident_mb=await sides[1].resident_mb(),
    )


def bench_settings(optimizations: frozenset[Optimization], profile: str) -> Settings:
    """The published defaults with these optimizations and this profile."""
    return Settings(optimizations=optimizations, profile=profile)


def _situation(name: str, baseline: Contestant, optimized: Contestant) -> Situation:
    return Situation(
        name,
        baseline.figures(name),
        optimized.figures(name),
        ratio_of_medians(optimized.latencies(name), baseline.latencies(name)),
        ratio_of_medians(optimized.cpu(name), baseline.cpu(name)),
    )
