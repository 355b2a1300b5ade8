"""The age of a context, when it next changes, and the score."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.confidence import Confidence, freshness_factor
from engine.context.facts import facts_quality
from engine.context.task_part import age
from tests.context.builders import NOW, build, bundle, context_row

_MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1))
_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(_MOMENTS, _MOMENTS)
def test_an_age_holds_until_the_instant_given_and_not_after(
    updated: datetime, now: datetime
) -> None:
    days, until = age(updated, now)
    assert until is not None
    last = until - timedelta(microseconds=1)
    assert now.replace(tzinfo=UTC) < until <= now.replace(tzinfo=UTC) + timedelta(days=1)
    assert age(updated, last) == (days, until)
    assert age(updated, until)[0] == days + 1


@given(_MOMENTS, _MOMENTS, _ZONES, _ZONES)
def test_an_age_does_not_depend_on_the_zone_in_which_times_are_written(
    updated: datetime, now: datetime, first: timezone, second: timezone
) -> None:
    utc_updated, utc_now = updated.replace(tzinfo=UTC), now.replace(tzinfo=UTC)
    expected = age(utc_updated, utc_now)
    assert age(updated, now) == expected
    assert age(utc_updated.astimezone(first), utc_now.astimezone(second)) == expected


@pytest.mark.parametrize(
    ("updated_at", "days"),
    [
        ("2026-03-10 12:00:00", 0),
        ("2026-03-09 12:00:01", 0),
        ("2026-03-09 12:00:00", 1),
        ("2026-03-10 12:00:01", -1),
        ("2026-03-09T21:00:00+09:00", 1),
        ("2026-03-09T12:00:00Z", 1),
        ("2026-03-09", 1),
        ("yesterday", 999),
        (None, 999),
        ("", 999),
    ],
)
def test_freshness_of_a_context(updated_at: str | None, days: int) -> None:
    context = build(bundle(task_context=context_row(six_w={}, updated_at=updated_at)))
    assert context.payload["freshness_days"] == days
    assert (context.valid_until is None) == (days == 999)


def test_only_the_tasks_own_context_has_an_age() -> None:
    context = build(bundle(work_item_context=context_row("work_item", six_w={})))
    assert context.freshness_days == 999


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_dates_at_the_ends_of_time_do_not_fail(moment: str) -> None:
    context = build(bundle(task_context=context_row(six_w={}, updated_at=moment)))
    assert context.valid_until is not None
    assert context.valid_until > NOW


@pytest.mark.parametrize(
    ("days", "factor"),
    [
        (-3, 1.0),
        (0, 1.0),
        (7, 1.0),
        (8, 0.8),
        (30, 0.8),
        (31, 0.5),
        (90, 0.5),
        (91, 0.2),
        (999, 0.2),
    ],
)
def test_freshness_factor(days: int, factor: float) -> None:
    assert freshness_factor(days) == factor


@pytest.mark.parametrize(
    ("confidence", "score", "band"),
    [
        (Confidence(0.8, 0.775, 1.0, 0.5), 0.79875, "YELLOW"),
        (Confidence(1.0, 1.0, 1.0, 1.0), 1.0, "GREEN"),
        (Confidence(0.0, 0.0, 0.0, 0.2), 0.03, "RED"),
        (Confidence(1.0, 0.0, 0.0, 1.0), 0.5, "YELLOW"),
    ],
)
def test_score_and_band(confidence: Confidence, score: float, band: str) -> None:
    assert confidence.score == score
    assert confidence.band == band


def test_facts_quality_rewards_number_and_richness() -> None:
    rich = {"a": 1, "b": 2, "c": 3}
    assert facts_quality({}) == 0.0
    assert facts_quality({"python": {"version": "3"}}) == 0.1
    assert facts_quality({"python": rich}) == 0.6
    assert facts_quality(dict.fromkeys("abcdefg", rich)) == 1.0
