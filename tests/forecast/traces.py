"""The reference generator of traces, and random ones."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

from engine.forecast.accesses import Accesses, accesses_of
from engine.forecast.simulation import LevelLimits, simulate_levels

Row = tuple[float, int, str]


def generated(seed: int, percent: int, special: str, events: int = 20_000) -> Iterator[Row]:
    """Rows of (time, key, operation) of a skewed trace; `percent` of them are `special`."""
    state = seed

    def draw() -> int:
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return state >> 33

    time = 0
    for _ in range(events):
        time += draw() % 21
        a, b, c = draw() % 500, draw() % 500, draw() % 500
        key = a * b * c // 250_000
        yield time, key, special if draw() % 100 < percent else "r"


def reads(*times: float) -> Accesses:
    """Reads of one key."""
    return accesses_of((time, "a", "r") for time in times)


def rows_of(operations: str = "rrrw", keys: int = 6) -> st.SearchStrategy[list[Row]]:
    """Short traces with whole times, many of them equal."""
    steps = st.tuples(st.integers(0, 4), st.integers(0, keys - 1), st.sampled_from(operations))

    def add_up(items: list[tuple[int, int, str]]) -> list[Row]:
        time = 0
        found: list[Row] = []
        for gap, key, operation in items:
            time += gap
            found.append((time, key, operation))
        return found

    return st.lists(steps, max_size=80).map(add_up)


def simulate_lazy(accesses: Accesses, size: int, ttl: float) -> int:
    """Hits of an LRU whose expired entries keep their place until they are read or evicted."""
    return sum(simulate_levels(accesses, [LevelLimits(size, ttl)]).hits)
