"""The window holds exactly the starts that it says it holds."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.monitoring.samples import Batch, SampleRing
from engine.monitoring.window import Window
from engine.service.messages import MetricName
from tests.monitoring.rig import Rig, trace


@dataclass(frozen=True)
class Known:
    """A start as the model of the test knows it."""

    at_s: float
    total_ms: float
    failed: bool


def expected(
    starts: list[Known], now: float, seconds: float, changed_s: float, capacity: int
) -> list[Known]:
    """The definition: by time, widened to the last 20 answered; never beyond a change by default."""
    candidates = starts[-capacity:]
    if not seconds:
        candidates = [one for one in candidates if one.at_s - one.total_ms / 1e3 >= changed_s]
    recent = [one for one in candidates if one.at_s > now - (seconds or 60.0)]
    while len(recent) < len(candidates) and sum(not one.failed for one in recent) < 20:
        recent = candidates[-len(recent) - 1 :]
    return recent


actions = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([0.0, 0.1, 1.0, 7.0, 59.0, 600.0])),
        st.tuples(st.just("start"), st.sampled_from([0.5, 20.0, 900.0, 30_000.0])),
        st.tuples(st.just("burst"), st.integers(5, 30).map(float)),
        st.tuples(st.just("fail"), st.just(1.0)),
        st.tuples(st.just("change"), st.just(0.0)),
        st.tuples(st.just("choose"), st.sampled_from([0.0, 5.0, 60.0, 300.0])),
        st.tuples(st.just("look"), st.just(0.0)),
    ),
    max_size=60,
)


@settings(max_examples=150)
@given(actions)
def test_counts_are_exact_after_any_history(history: list[tuple[str, float]]) -> None:
    capacity = 64
    ring = SampleRing(capacity)
    now, changed_s, seconds = 1_000.0, float("-inf"), 0.0
    window = Window(ring, now)
    known: list[Known] = []

    def record(total_ms: float, *, failed: bool = False) -> None:
        start = trace(total_ms, error="no such task" if failed else None)
        window.record(Batch.of([(len(known) + 1, start, now, "api", 0, None)]))
        known.append(Known(now, start.total_ns / 1e6, failed))

    for action, value in history:
        match action:
            case "wait":
                now += value
            case "start":
                record(value)
            case "fail":
                record(value, failed=True)
            case "burst":
                for _ in range(int(value)):
                    record(3.0)
            case "change":
                now += 0.001
                changed_s = now
                window.change(now)
            case "choose":
                seconds = value
                window.choose(value, now)
            case _:
                window.advance(now)
    window.advance(now)

    holds = expected(known, now, seconds, changed_s, capacity)
    answered = [one.total_ms for one in holds if not one.failed]
    aggregate = window.aggregate
    assert aggregate.starts == len(holds)
    assert aggregate.failed == len(holds) - len(answered)
    assert aggregate.total.count == len(answered)
    assert sum(aggregate.phase_sums.by_phase) == pytest.approx(1e6 * sum(answered))
    assert sum(aggregate.patterns.values()) == len(holds)


def test_a_change_empties_the_default_window_at_once() -> None:
    rig = Rig()
    rig.play([trace(200.0)] * 30, every_s=0.5)

    rig.monitor.mark("+1 parallel queries")

    views = rig.monitor.views()
    assert views.window.starts == 0
    assert rig.metric(MetricName.TASKSTART).value is None
    assert [mark.label for mark in views.marks] == ["+1 parallel queries"]
    assert all(point.before_change for point in views.points)

    rig.play([trace(20.0)] * 20, every_s=0.1)
    views = rig.monitor.views()
    assert views.window.starts == 20
    assert views.window.label == "since the last change 0:02"
    assert [point.before_change for point in views.points] == [True] * 30 + [False] * 20
    value = rig.metric(MetricName.TASKSTART).value
    assert value is not None
    assert 20.0 <= value <= 20.1


def test_a_start_that_was_under_way_at_the_change_is_not_counted() -> None:
    rig = Rig()
    rig.advance(1.0)
    rig.monitor.mark("-7 connection pool")
    rig.advance(0.5)
    rig.record(trace(800.0))
    rig.record(trace(300.0))

    views = rig.monitor.views()

    assert views.window.starts == 1
    assert [point.before_change for point in views.points] == [True, False]


def test_a_chosen_window_reaches_over_changes() -> None:
    rig = Rig()
    rig.play([trace()] * 30, every_s=0.5)
    rig.monitor.mark("+2 plugin facts")
    rig.monitor.set_window(300.0)

    views = rig.monitor.views()

    assert views.window.starts == 30
    assert (views.window.label, views.window.chosen_s) == ("last 5 min", 300.0)


def test_thin_traffic_widens_the_window_and_says_so() -> None:
    rig = Rig()
    rig.play([trace()] * 25, every_s=141.0)

    views = rig.monitor.views()

    assert views.window.starts == 20
    assert views.window.label == "last 20 starts, 45 min"
    assert rig.metric(MetricName.TASKSTART).value is not None


def test_more_starts_than_are_kept_narrow_the_window_and_say_so() -> None:
    rig = Rig(capacity=512)
    rig.play([trace()] * 2_000, every_s=0.01)

    views = rig.monitor.views()

    assert views.window.starts <= 512
    assert views.window.label.startswith(f"last {views.window.starts} starts, 0:05")
    assert views.traffic.starts_per_s == pytest.approx(100.0, rel=0.02)


def test_a_window_into_the_future_is_refused() -> None:
    with pytest.raises(ValueError, match="future"):
        Rig().monitor.set_window(-1.0)
