"""The search for how many concurrent starts stay below the limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.bench.concurrency import may_be_late, most_served
from engine.percentile import percentile


class Machine:
    """Serves up to `capacity` starts at once within the limit."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.tried: list[int] = []

    async def serves(self, count: int) -> bool:
        self.tried.append(count)
        return count <= self.capacity


@given(capacity=st.integers(0, 20_000), most=st.integers(1, 9_000))
async def test_the_search_finds_the_capacity_to_a_tenth(capacity: int, most: int) -> None:
    machine = Machine(capacity)
    found = await most_served(machine.serves, most)
    true = min(capacity, most)
    assert found <= true
    assert true <= found * 1.1 + 1
    assert max(machine.tried) <= most
    assert len(machine.tried) < 40


async def test_none_is_served_where_one_is_too_slow() -> None:
    assert await most_served(Machine(0).serves, 100) == 0


@given(count=st.integers(1, 500))
def test_so_many_may_be_late_as_leave_the_p95_below_the_limit(count: int) -> None:
    late = may_be_late(count)
    assert percentile([0.0] * (count - late) + [1.0] * late, 95) == 0.0
    assert percentile([0.0] * (count - late - 1) + [1.0] * (late + 1), 95) == 1.0
