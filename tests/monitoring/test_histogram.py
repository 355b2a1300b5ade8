"""The histogram counts as the library does, and takes back what it was given."""

from __future__ import annotations

import math

from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from engine.monitoring.histogram import HIGHEST_NS, SIGNIFICANT_DIGITS, Histogram

nanoseconds = st.one_of(
    st.integers(0, 5_000),
    st.integers(0, 10**9),
    st.integers(0, HIGHEST_NS),
)
percents = st.sampled_from([1.0, 50.0, 90.0, 95.0, 99.0, 99.9, 100.0])


def filled(values: list[int]) -> Histogram:
    histogram = Histogram()
    histogram.add(values)
    return histogram


@given(st.lists(nanoseconds, min_size=1, max_size=200), percents)
def test_percentiles_are_those_of_the_library(values: list[int], percent: float) -> None:
    reference = HdrHistogram(1, HIGHEST_NS, SIGNIFICANT_DIGITS)
    for value in values:
        reference.record_value(value)

    assert filled(values).percentiles(percent) == (reference.get_value_at_percentile(percent),)


@given(st.lists(nanoseconds, min_size=1, max_size=200), percents)
def test_percentiles_are_within_a_thousandth_of_the_sorted_list(
    values: list[int], percent: float
) -> None:
    rank = max(1, math.floor(percent * len(values) / 100 + 0.5))
    exact = sorted(values)[rank - 1]

    (found,) = filled(values).percentiles(percent)

    assert exact <= found <= exact * 1.001 + 1


@given(st.lists(nanoseconds, max_size=100), st.lists(nanoseconds, max_size=100), percents)
def test_what_is_taken_back_leaves_no_trace(
    kept: list[int], taken: list[int], percent: float
) -> None:
    histogram = filled(kept + taken)

    histogram.add(taken, -1)

    assert histogram.count == len(kept)
    assert histogram.percentiles(percent) == filled(kept).percentiles(percent)


@given(st.lists(nanoseconds, max_size=50), st.lists(nanoseconds, min_size=1, max_size=50))
def test_cleared_it_is_as_new(before: list[int], after: list[int]) -> None:
    histogram = filled(before)

    histogram.clear()
    histogram.add(after)

    assert histogram.count == len(after)
    assert histogram.percentiles(50, 95) == filled(after).percentiles(50, 95)


@given(nanoseconds)
def test_the_floor_of_a_value_counts_as_the_same(value: int) -> None:
    floor = Histogram().floor(value)

    assert floor <= value
    assert filled([floor]).percentiles(100) == filled([value]).percentiles(100)


def test_values_out_of_range_count_as_the_nearest() -> None:
    assert filled([-5]).percentiles(100) == filled([0]).percentiles(100)
    assert filled([2 * HIGHEST_NS]).percentiles(100) == filled([HIGHEST_NS]).percentiles(100)


def test_empty_it_has_no_percentile_but_zero() -> None:
    assert Histogram().percentiles(50, 95) == (0, 0)
