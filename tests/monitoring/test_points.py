"""One dot is one start, and never more than 600 of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.monitoring.points import POINTS, LatencyPoints
from tests.monitoring.rig import Rig, trace


def test_up_to_600_starts_are_all_drawn_a_burst_too() -> None:
    rig = Rig()
    for _ in range(40):
        rig.record(trace(30.0))
    rig.play([trace(10.0)] * 560, every_s=0.1)

    points = rig.monitor.views().points

    assert len(points) == 600
    assert sum(point.at_s == 1_000.0 for point in points) == 40


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.001, 0.05, 0.4]), st.integers(1, 10**9), st.booleans()),
        max_size=2_000,
    )
)
def test_they_stay_few_ordered_and_true(starts: list[tuple[float, int, bool]]) -> None:
    points, now, given_points = LatencyPoints(), 0.0, set()
    for gap, total_ns, failed in starts:
        now += gap
        start = trace(total_ns / 1e6, error="no such task" if failed else None)
        points.extend([now], [start])
        given_points.add((now, start.total_ns / 1e6, failed))

    views = points.views(0.0, 0.0)

    assert len(views) == len(starts) if len(starts) <= POINTS else 0 < len(views) <= POINTS
    assert [view.at_s for view in views] == sorted(view.at_s for view in views)
    assert {(view.at_s, view.total_ms, view.failed) for view in views} <= given_points


def test_under_dense_traffic_the_slow_and_the_failed_stay() -> None:
    rig = Rig()
    slow, failed = trace(900.0), trace(5.0, error="no such task")
    for number in range(12_000):
        rig.advance(0.005)
        rig.record(slow if number == 6_000 else failed if number == 7_000 else trace(1.0))

    points = rig.monitor.views().points

    assert max(point.total_ms for point in points) > 899.0
    assert sum(point.failed for point in points) == 1
    assert points[0].at_s < rig.now - 55.0


def test_a_longer_window_is_drawn_as_a_whole() -> None:
    rig = Rig()
    rig.monitor.set_window(600.0)
    rig.play([trace()] * 6_000, every_s=0.1)

    points = rig.monitor.views().points

    assert 300 <= len(points) <= POINTS
    assert points[0].at_s < rig.now - 590.0


def test_what_is_older_than_the_axis_is_not_drawn() -> None:
    rig = Rig()
    rig.play([trace()] * 30, every_s=1.0)
    rig.advance(45.0)
    rig.play([trace()] * 30, every_s=0.1)

    assert rig.monitor.views().points[0].at_s >= rig.now - 60.0


def test_marks_reach_as_far_back_as_the_window() -> None:
    rig = Rig()
    rig.monitor.mark("+1")
    rig.advance(100.0)
    rig.monitor.mark("+2")
    assert [mark.label for mark in rig.monitor.views().marks] == ["+2"]

    rig.monitor.set_window(300.0)
    assert [mark.label for mark in rig.monitor.views().marks] == ["+1", "+2"]
