"""When events are due on the wall."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.replay.schedule import (
    CUT_TARGET_S,
    LONGEST_UNCUT_S,
    chosen_gap,
    make_schedule,
)
from tests.replay.doubles import note, start, update

times = st.lists(st.floats(0, 1e7), min_size=1, max_size=60).map(sorted)


@given(times, st.none() | st.floats(0, 100))
def test_gaps_are_cut_on_the_wall_and_nowhere_else(moments: list[float], gap: float | None) -> None:
    events = [update(t, 1) for t in moments]
    schedule = make_schedule(events, gap)
    assert [event for step in schedule.steps for event in step.events] == events
    for step in schedule.steps:
        assert step.at_s + step.skipped_s == pytest.approx(step.t)
    for earlier, later in pairwise(schedule.steps):
        waited = later.at_s - earlier.at_s
        assert 0 <= waited <= later.t - earlier.t + 1e-6
        if gap is not None:
            assert waited <= gap + 1e-6


@given(times)
def test_a_long_workload_plays_in_about_a_minute(moments: list[float]) -> None:
    schedule = make_schedule([update(t, 1) for t in moments])
    if moments[-1] <= LONGEST_UNCUT_S:
        assert schedule.duration_s == pytest.approx(moments[-1])
        assert schedule.idle_gap_s is None
    else:
        # As long as allowed: the longest gap that keeps within the target, no shorter one.
        assert schedule.duration_s == pytest.approx(CUT_TARGET_S)


def test_short_gaps_stay_whole_when_long_ones_are_cut() -> None:
    gap = chosen_gap([0, 1, 2, 3, 100_000, 100_001, 200_000])
    assert gap == pytest.approx((CUT_TARGET_S - 4) / 2)


def test_steps_are_starts_of_one_instant_up_to_the_next_other_event() -> None:
    events = [start(0, 1), start(0, 2), update(0, 1), start(0, 1), note(0, "x"), start(0, 3)]
    events += [start(1, 1), start(1, 2)]
    steps = make_schedule(events).steps
    assert [len(step.events) for step in steps] == [2, 1, 1, 1, 1, 2]
