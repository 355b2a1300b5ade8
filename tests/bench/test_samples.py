"""Percentiles, their intervals and ratios of medians."""

from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bench.samples import median, ratio_of_medians, summarize
from engine.percentile import percentile

values = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=200)


@given(values, st.floats(0.1, 100))
def test_so_many_percent_of_the_values_are_at_most_the_percentile(
    found: list[float], percent: float
) -> None:
    ordered = sorted(found)
    limit = percentile(ordered, percent)
    assert limit in ordered
    at_most = sum(value <= limit for value in ordered)
    below = sum(value < limit for value in ordered)
    assert at_most >= percent / 100 * len(ordered) - 1e-9
    assert below <= percent / 100 * len(ordered) + 1e-9


@given(values)
def test_the_median_is_the_lower_one(found: list[float]) -> None:
    assert median(found) == statistics.median_low(found)


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)
    assert summarize([]).p50 is None


@pytest.mark.parametrize(
    ("count", "p95", "p99"), [(19, None, None), (20, 19, None), (99, 95, None), (100, 95, 99)]
)
def test_high_percentiles_need_enough_values(
    count: int, p95: float | None, p99: float | None
) -> None:
    summary = summarize([float(value) for value in range(1, count + 1)])
    assert (summary.n, summary.p95, summary.p99) == (count, p95, p99)


@given(values)
def test_an_interval_holds_the_median_and_stays_within_the_values(found: list[float]) -> None:
    summary = summarize(found)
    assert summary.p50 is not None
    assert summary.p50_interval is not None
    assert min(found) <= summary.p50_interval.low <= summary.p50 <= summary.p50_interval.high
    assert summary.p50_interval.high <= max(found)


def test_the_interval_is_that_of_resampling_with_replacement() -> None:
    generator = random.Random(3)
    found = [generator.lognormvariate(0, 1) for _ in range(41)]
    resampled = sorted(
        statistics.median_low(generator.choices(found, k=len(found))) for _ in range(4_000)
    )
    interval = summarize(found).p50_interval
    assert interval is not None
    # Both are drawn at random from 41 values: a neighbouring value may come out.
    ordered = sorted(found)
    for ours, plain in ((interval.low, resampled[100]), (interval.high, resampled[3_900])):
        assert abs(ordered.index(ours) - ordered.index(plain)) <= 1


def test_an_interval_covers_the_true_median_about_as_often_as_it_says() -> None:
    generator = random.Random(5)
    covered = 0
    for _ in range(200):
        interval = summarize([generator.gauss(10.0, 2.0) for _ in range(31)]).p50_interval
        assert interval is not None
        covered += interval.low <= 10.0 <= interval.high
    assert 0.88 <= covered / 200 <= 1.0


def test_a_ratio_of_medians_with_its_interval() -> None:
    slow = [100.0 + step for step in range(-10, 11)]
    quick = [10.0 + step / 10 for step in range(-10, 11)]
    ratio = ratio_of_medians(quick, slow)
    assert ratio is not None
    assert ratio.value == pytest.approx(0.1)
    assert ratio.interval.low < 0.1 < ratio.interval.high
    same = ratio_of_medians(slow, slow)
    assert same is not None
    assert same.interval.low <= 1.0 <= same.interval.high


def test_a_ratio_without_meaning_is_none() -> None:
    assert ratio_of_medians([], [1.0]) is None
    assert ratio_of_medians([1.0], []) is None
    assert ratio_of_medians([1.0], [0.0, 0.0, 1.0]) is None
