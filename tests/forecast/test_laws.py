"""Every curve against the plain simulation, and what must hold between the curves."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.forecast.accesses import accesses_of
from engine.forecast.covering import lazy_hits, lru_hits, ttl_hits
from engine.forecast.simulation import LevelLimits, simulate_eager, simulate_levels
from engine.forecast.staleness import Staleness, staleness
from tests.forecast.traces import Row, rows_of, simulate_lazy

SIZES = [1, 2, 3, 4, 6]
TTLS = [0, 1, 2, 3, 5, 8, 13, 1000]
ROOMY = 10**9
tenths = st.sampled_from([0.1, 0.2, 0.3, 0.7, 1.1, 1e-9, 86_400.1])


@settings(max_examples=200, deadline=None)
@given(rows=rows_of("rrrwu"))
def test_curves_equal_the_simulation_of_every_cell(rows: list[Row]) -> None:
    trace = accesses_of(rows)
    joint = lazy_hits(trace, SIZES, TTLS)
    assert joint == {(c, t): simulate_lazy(trace, c, t) for t in TTLS for c in SIZES}
    assert ttl_hits(trace, TTLS) == {t: simulate_lazy(trace, ROOMY, t) for t in TTLS}
    assert lru_hits(trace, SIZES) == {c: simulate_lazy(trace, c, ROOMY) for c in SIZES}


@settings(max_examples=200, deadline=None)
@given(
    rows=rows_of("rrrrw"),
    sizes=st.lists(st.sampled_from(SIZES), max_size=2),
    ttls=st.lists(st.sampled_from(TTLS), min_size=3, max_size=3),
    place=st.integers(0, 2),
)
def test_a_level_that_keeps_longest_and_has_room_for_all_answers_for_all(
    rows: list[Row], sizes: list[int], ttls: list[float], place: int
) -> None:
    levels = [LevelLimits(size, ttl) for size, ttl in zip(sizes, ttls, strict=False)]
    levels.insert(place, LevelLimits(ROOMY, max(ttls)))
    trace = accesses_of(rows)
    assert sum(simulate_levels(trace, levels).hits) == ttl_hits(trace, [max(ttls)])[max(ttls)]


@settings(max_examples=150, deadline=None)
@given(rows=rows_of("rrrw", keys=3), unit=tenths, start=st.sampled_from([0.0, 1e6, 0.7]))
def test_fractions_are_compared_as_a_cache_compares_them(
    rows: list[Row], unit: float, start: float
) -> None:
    """0.3 - 0.1 is less than 0.2 in floats; a forecast must not know better than the cache."""
    trace = accesses_of((start + time * unit, key, op) for time, key, op in rows)
    ttls = [steps * unit for steps in (1, 2, 3, 5, 7)]
    assert ttl_hits(trace, ttls) == {t: simulate_lazy(trace, ROOMY, t) for t in ttls}


@settings(max_examples=100, deadline=None)
@given(rows=rows_of("rrrrrrrrrw", keys=2), ttl=st.floats(0.1, 9.0))
def test_a_fractional_ttl_over_whole_times(rows: list[Row], ttl: float) -> None:
    trace = accesses_of(rows)
    assert ttl_hits(trace, [ttl]) == {ttl: simulate_lazy(trace, ROOMY, ttl)}


@settings(max_examples=100, deadline=None)
@given(rows=rows_of("rrrw"))
def test_more_time_or_room_never_costs_hits_and_eager_lies_between(rows: list[Row]) -> None:
    trace = accesses_of(rows)
    joint = lazy_hits(trace, SIZES, TTLS)
    unbounded = ttl_hits(trace, TTLS)
    for ttl in TTLS:
        by_size = [joint[size, ttl] for size in SIZES]
        assert by_size == sorted(by_size)
        for size in SIZES:
            assert joint[size, ttl] <= simulate_eager(trace, size, ttl) <= unbounded[ttl]
    for size in SIZES:
        by_ttl = [joint[size, ttl] for ttl in TTLS]
        assert by_ttl == sorted(by_ttl)


def play_staleness(rows: list[Row], ttl: float) -> Staleness:
    loaded: dict[int, float] = {}
    overtaken: dict[int, float] = {}
    ages = []
    for time, key, operation in rows:
        if operation == "u":
            if key in loaded:
                overtaken.setdefault(key, time)
        elif operation == "w":
            loaded.pop(key, None)
            overtaken.pop(key, None)
        elif key in loaded and time - loaded[key] < ttl:
            if key in overtaken:
                ages.append(time - overtaken[key])
        else:
            loaded[key] = time
            overtaken.pop(key, None)
    return Staleness(len(ages), sum(ages), max(ages, default=0))


@settings(max_examples=200, deadline=None)
@given(rows=rows_of("rrrruuw"))
def test_staleness_equals_its_simulation_and_is_less_than_the_ttl(rows: list[Row]) -> None:
    found = staleness(accesses_of(rows), TTLS)
    assert found == {ttl: play_staleness(rows, ttl) for ttl in TTLS}
    assert all(item.age_max < ttl or not item.stale for ttl, item in found.items())


def test_accesses_out_of_order_are_sorted_and_equal_times_keep_theirs() -> None:
    rows: list[Row] = [(5, 1, "r"), (0, 1, "r"), (5, 1, "w"), (5, 1, "r")]
    assert ttl_hits(accesses_of(rows), [100]) == {100: 1}
