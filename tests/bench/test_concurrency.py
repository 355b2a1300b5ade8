"""The search for how many concurrent starts stay below the limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.bench.concurrency import LIMIT_MS, most_served


class Machine:
    """Serves up to `capacity` starts at once within the limit."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.tried: list[int] = []

    async def p95(self, count: int) -> float:
        self.tried.append(count)
        return LIMIT_MS * (0.99 if count <= self.capacity else 1.0)


@given(capacity=st.integers(0, 20_000), most=st.integers(1, 9_000))
async def test_the_search_finds_the_capacity_to_a_tenth(capacity: int, most: int) -> None:
    machine = Machine(capacity)
    found = await most_served(machine.p95, most)
    true = min(capacity, most)
    assert found <= true
    assert true <= found * 1.1 + 1
    assert max(machine.tried) <= most
    assert len(machine.tried) < 40


async def test_none_is_served_where_one_is_too_slow() -> None:
    assert await most_served(Machine(0).p95, 100) == 0
