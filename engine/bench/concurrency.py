"""How many starts at the same instant are served with a p95 below the plan's limit."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from time import monotonic

import msgspec

from engine.bench.budget import Progress
from engine.bench.samples import median
from engine.bench.side import Side
from engine.bench.situations import bench_settings
from engine.bench.worker import Ask
from engine.costs.profile import NATIVE
from engine.optimizations import ALL_OPTIMIZATIONS, NO_OPTIMIZATIONS
from engine.percentile import ENOUGH_FOR_P95

LIMIT_MS = 100.0
MOST = 8_192
"""Beyond this many at once nothing is tried."""
_FIRST = 8
_PRECISION = 1.1


class Served(msgspec.Struct, frozen=True):
    """How many concurrent starts one side served within the limit."""

    name: str
    median: int
    low: int
    high: int
    searches: int
    at_most: int
    """What was tried at most; a median equal to it means: at least so many."""


class Concurrency(msgspec.Struct, frozen=True):
    """Both sides under one profile."""

    profile: str
    modeled: bool
    limit_ms: float
    served: list[Served]


async def measure_concurrency(
    sides: tuple[Side, Side],
    root: Path,
    asks: Sequence[Ask],
    *,
    profile: str,
    seconds: float,
    progress: Progress,
) -> Concurrency:
    """Search for the number in turn: baseline, optimized with empty caches, optimized warm.

    Raises:
        TaskStartError: the project cannot be read.
    """
    baseline = _Burster(sides[0], asks)
    optimized = _Burster(sides[1], asks)
    off, on = (bench_settings(which, profile) for which in (NO_OPTIMIZATIONS, ALL_OPTIMIZATIONS))

    async def empty_caches() -> None:
        await sides[1].open(root, on)

    await sides[0].open(root, off)
    searches: dict[str, tuple[int, Callable[[], Awaitable[int]]]] = {
        "baseline": (MOST, lambda: most_served(baseline.serves, MOST)),
        "optimized, empty caches": (
            len(asks),
            lambda: most_served(lambda count: optimized.serves(count, empty_caches), len(asks)),
        ),
        "optimized, warm": (MOST, lambda: _warm_search(optimized)),
    }
    found: dict[str, list[int]] = {name: [] for name in searches}
    began = monotonic()
    while not found["baseline"] or monotonic() - began < seconds:
        for name, (_, search) in searches.items():
            progress(f"{profile}: concurrent starts, {name}")
            found[name].append(await search())
    return Concurrency(
        profile=profile,
        modeled=profile != NATIVE.name,
        limit_ms=LIMIT_MS,
        served=[
            Served(name, int(median(counts)), min(counts), max(counts), len(counts), most)
            for (name, counts), (most, _) in zip(found.items(), searches.values(), strict=True)
        ],
    )


async def most_served(serves: Callable[[int], Awaitable[bool]], most: int) -> int:
    """The largest count up to `most` that is served within the limit, to a tenth; 0 if none is.

    Doubles from `_FIRST` until one is not, then bisects between the last two counts.
    """
    good, bad = 0, most + 1
    count = min(_FIRST, most)
    while good < most:
        if not await serves(count):
            bad = count
            break
        good = count
        count = min(2 * count, most)
    while bad - good > 1 and bad > good * _PRECISION:
        middle = (good + bad) // 2
        if await serves(middle):
            good = middle
        else:
            bad = middle
    return good


class _Burster:
    """Bursts of one side, enough of them for a p95."""

    def __init__(self, side: Side, asks: Sequence[Ask]) -> None:
        self._side = side
        self._asks = asks

    async def prime(self) -> None:
        """Ask for every task once, outside any measurement."""
        await self._side.starts(list(self._asks))

    async def serves(
        self, count: int, prepare: Callable[[], Awaitable[None]] | None = None
    ) -> bool:
        """Whether the p95 of `count` starts at once is below the limit; `prepare` runs before each
        burst."""
        bursts = math.ceil(ENOUGH_FOR_P95 / count)
        allowed = may_be_late(bursts * count)
        late = 0
        for _ in range(bursts):
            if prepare is not None:
                await prepare()
            asks = [self._asks[k % len(self._asks)] for k in range(count)]
            block = await self._side.burst(asks)
            late += sum(latency >= LIMIT_MS for latency in block.latencies_ms)
            if late > allowed:
                return False
        return True


def may_be_late(count: int) -> int:
    """How many of `count` latencies may reach a limit while their nearest-rank p95 is below it."""
    return count - math.ceil(95 * count / 100)


async def _warm_search(optimized: _Burster) -> int:
    await optimized.prime()
    return await most_served(optimized.serves, MOST)
