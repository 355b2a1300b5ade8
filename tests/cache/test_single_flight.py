"""Many callers, one load; and for later callers no value that an invalidation has overtaken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.cache import Entry, SingleFlight
from engine.clock import VirtualClock
from engine.errors import ServiceError
from engine.trace import Outcome
from tests.cache.helpers import ROOMY, cache_of

Value = int | None


@pytest.fixture
async def flights() -> AsyncIterator[SingleFlight[str, Value]]:
    made: SingleFlight[str, Value] = SingleFlight()
    yield made
    await made.aclose()


class Loader:
    """A load that waits to be let go."""

    def __init__(self, value: Value = None, failure: Exception | None = None) -> None:
        self.value = value
        self.failure = failure
        self.loads = 0
        self.cancelled = 0
        self.go = asyncio.Event()

    async def __call__(self) -> Value:
        self.loads += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure is not None:
            raise self.failure
        return self.value


async def settle() -> None:
    """Let every task that can run, run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_200_callers_of_a_missing_thing_load_once(
    flights: SingleFlight[str, Value],
) -> None:
    load = Loader(None)
    callers = [asyncio.create_task(flights.run("a", load)) for _ in range(200)]
    await settle()
    load.go.set()
    landed = await asyncio.gather(*callers)
    assert load.loads == 1
    assert {item.value for item in landed} == {None}
    assert [item.joined for item in landed].count(False) == 1
    assert len(flights) == 0


async def test_absence_is_stored_and_then_hit_by_all_who_come_later() -> None:
    clock = VirtualClock()
    cache = cache_of(clock.monotonic, ROOMY)
    flights: SingleFlight[int, Value] = SingleFlight()
    loads = 0

    async def load() -> Value:
        nonlocal loads
        loads += 1
        await asyncio.sleep(0)
        cache.put(1, Entry(None, 0.0))
        return None

    async def ask() -> Value:
        found = cache.get(1)
        if found.outcome is Outcome.HIT:
            assert found.entry is not None
            return found.entry.value
        return (await flights.run(1, load)).value

    first = await asyncio.gather(*(ask() for _ in range(200)))
    later = await asyncio.gather(*(ask() for _ in range(200)))
    assert set(first + later) == {None}
    assert loads == 1
    await flights.aclose()


async def test_a_failing_load_fails_all_its_callers_and_the_next_call_loads_again(
    flights: SingleFlight[str, Value],
) -> None:
    failing = Loader(failure=OSError("no such disk"))
    callers = [asyncio.create_task(flights.run("a", failing)) for _ in range(200)]
    await settle()
    failing.go.set()
    async with asyncio.timeout(10):
        results = await asyncio.gather(*callers, return_exceptions=True)
    assert failing.loads == 1
    assert [str(result) for result in results] == ["no such disk"] * 200
    working = Loader(5)
    working.go.set()
    assert (await flights.run("a", working)).value == 5


async def test_keys_load_side_by_side(flights: SingleFlight[str, Value]) -> None:
    load = Loader(1)
    callers = [asyncio.create_task(flights.run(key, load)) for key in "abc"]
    await settle()
    assert load.loads == 3
    load.go.set()
    await asyncio.gather(*callers)


async def test_a_value_overtaken_by_an_invalidation_is_not_given_to_those_who_come_later(
    flights: SingleFlight[str, Value],
) -> None:
    source = {"a": 1}
    go = asyncio.Event()

    async def load() -> Value:
        value = source["a"]
        await go.wait()
        return value

    early = asyncio.create_task(flights.run("a", load))
    await settle()
    source["a"] = 2
    flights.fence()
    late = asyncio.create_task(flights.run("a", load))
    await settle()
    go.set()
    assert (await early) == (1, False)
    assert (await late) == (2, False)


async def test_an_old_load_that_ends_last_does_not_end_the_new_one(
    flights: SingleFlight[str, Value],
) -> None:
    old, new = Loader(1), Loader(2)
    early = asyncio.create_task(flights.run("a", old))
    await settle()
    flights.fence()
    late = asyncio.create_task(flights.run("a", new))
    await settle()
    old.go.set()
    await early
    joins = asyncio.create_task(flights.run("a", Loader(3)))
    await settle()
    new.go.set()
    assert (await late).value == 2
    assert await joins == (2, True)


async def test_one_cancelled_caller_costs_the_others_nothing(
    flights: SingleFlight[str, Value],
) -> None:
    load = Loader(7)
    callers = [asyncio.create_task(flights.run("a", load)) for _ in range(3)]
    await settle()
    callers[0].cancel()
    await settle()
    load.go.set()
    assert [item.value for item in await asyncio.gather(*callers[1:])] == [7, 7]
    assert callers[0].cancelled()
    assert load.cancelled == 0


async def test_a_load_that_nobody_waits_for_is_cancelled_and_never_joined(
    flights: SingleFlight[str, Value],
) -> None:
    load = Loader(7)
    callers = [asyncio.create_task(flights.run("a", load)) for _ in range(3)]
    await settle()
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    again = Loader(8)
    again.go.set()
    assert await flights.run("a", again) == (8, False)
    await settle()
    assert load.cancelled == 1


async def test_a_caller_that_times_out_leaves_the_load_to_the_others(
    flights: SingleFlight[str, Value],
) -> None:
    load = Loader(7)
    patient = asyncio.create_task(flights.run("a", load))
    await settle()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await flights.run("a", load)
    load.go.set()
    assert (await patient).value == 7


async def test_closing_ends_every_load_and_tells_its_callers() -> None:
    flights: SingleFlight[str, Value] = SingleFlight()
    load = Loader(1)
    callers = [asyncio.create_task(flights.run(key, load)) for key in "aab"]
    await settle()
    await flights.aclose()
    results = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(result) for result in results] == [ServiceError] * 3
    assert load.cancelled == 2
    with pytest.raises(ServiceError):
        await flights.run("a", load)
