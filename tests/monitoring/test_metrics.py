"""The five key metrics say what they are defined to say, and from how many samples."""

from __future__ import annotations

import pytest

from engine.service.messages import MetricName, MetricState
from engine.settings.model import AlertLimits, Settings
from engine.trace import Namespace, Outcome, Phase
from tests.monitoring.rig import Rig, lookups, trace

ANSWER_HIT = lookups((Namespace.ANSWERS, Outcome.HIT))
ANSWER_MISS = lookups((Namespace.ANSWERS, Outcome.FIRST_TIME))


def test_p95_is_given_from_20_starts_on_and_p99_from_100() -> None:
    rig = Rig()
    rig.play([trace(10.0)] * 19, every_s=0.1)
    few = rig.metric(MetricName.TASKSTART)
    assert (few.value, few.state) == (None, MetricState.TOO_FEW)
    assert few.counted == "n 19  p50 10.0  p99 –"

    rig.play([trace(10.0)], every_s=0.1)
    assert rig.metric(MetricName.TASKSTART).value == pytest.approx(10.0, rel=0.001)

    rig.play([trace(30.0)] * 80, every_s=0.1)
    assert rig.metric(MetricName.TASKSTART).counted == "n 100  p50 30.0  p99 30.0"


def test_failed_starts_are_counted_but_have_no_latency() -> None:
    rig = Rig()
    rig.play([trace(50.0)] * 20 + [trace(0.1, error="no such task")] * 30, every_s=0.1)

    assert rig.metric(MetricName.TASKSTART).counted.startswith("n 20  p50 50")
    traffic = rig.monitor.views().traffic
    assert (traffic.starts, traffic.errors, traffic.errors_per_min) == (50, 30, 30.0)


def test_errors_per_minute_forget_what_is_older_than_a_minute() -> None:
    rig = Rig()
    rig.play([trace(error="no such task")] * 3, every_s=1.0)
    rig.advance(58.5)
    assert rig.monitor.views().traffic.errors_per_min == 2.0
    rig.advance(2.0)
    assert rig.monitor.views().traffic.errors_per_min == 0.0


def test_database_p95_is_over_the_starts_that_asked_it() -> None:
    rig = Rig()
    asked = trace(phases={Phase.DATABASE: 30.0, Phase.CACHE: 1.0})
    warm = trace(phases={Phase.CACHE: 0.05}, warm=True)

    rig.play([warm] * 80 + [asked] * 20, every_s=0.1)

    database = rig.metric(MetricName.DATABASE)
    assert database.value == pytest.approx(30.0, rel=0.001)
    assert database.counted == "n 20  of 100 asked it"
    assert rig.monitor.views().traffic.warm == 80


def test_hit_rate_is_look_ups_answered_over_look_ups_asked() -> None:
    rig = Rig()
    outcomes = [
        (Namespace.ANSWERS, Outcome.HIT),
        (Namespace.ANSWERS, Outcome.CONFIRMED),
        (Namespace.ROWS, Outcome.JOINED),
        (Namespace.ROWS, Outcome.EXPIRED),
        (Namespace.SOPS, Outcome.OFF),
    ]
    rig.play([trace(looked_up=lookups(*outcomes))] * 4, every_s=0.1)
    assert rig.metric(MetricName.HIT_RATE).value is None

    rig.play([trace(looked_up=lookups(*outcomes))], every_s=0.1)
    rate = rig.metric(MetricName.HIT_RATE)

    assert rate.value == 50.0
    assert rate.counted == "10 of 20 look-ups"
    assert rate.limit_is_minimum


@pytest.mark.parametrize(
    ("hits", "state"),
    [(95, MetricState.OK), (92, MetricState.WARN), (90, MetricState.WARN), (89, MetricState.ALERT)],
)
def test_hit_rate_warns_where_80_percent_of_the_allowed_misses_are_used(
    hits: int, state: MetricState
) -> None:
    rig = Rig()
    looked_up = [ANSWER_HIT] * hits + [ANSWER_MISS] * (100 - hits)
    rig.play([trace(looked_up=one) for one in looked_up], every_s=0.01)
    rig.advance(15.0)

    assert rig.metric(MetricName.HIT_RATE).state is state


@pytest.mark.parametrize(
    ("total_ms", "state"),
    [(79.0, MetricState.OK), (81.0, MetricState.WARN), (101.0, MetricState.ALERT)],
)
def test_taskstart_warns_from_80_percent_of_its_limit(total_ms: float, state: MetricState) -> None:
    rig = Rig()
    rig.play([trace(total_ms)] * 40, every_s=0.1)
    rig.advance(2.0)

    assert rig.metric(MetricName.TASKSTART).state is state


def test_memory_and_cpu_are_those_of_the_process() -> None:
    rig = Rig()
    rig.process.resident_mb, rig.cpu_percent = 420.0, 80.0
    rig.advance(3.0)
    rig.process.resident_mb = 400.0
    rig.advance(9.0)

    memory, cpu = rig.metric(MetricName.MEMORY), rig.metric(MetricName.CPU)
    assert (memory.value, memory.state) == (400.0, MetricState.WARN)
    assert memory.counted == "resident, peak 420"
    assert cpu.value == pytest.approx(80.0)
    assert cpu.state is MetricState.ALERT


def test_cpu_is_the_mean_of_the_last_five_seconds() -> None:
    rig = Rig()
    rig.cpu_percent = 90.0
    rig.advance(20.0)
    rig.cpu_percent = 10.0
    rig.advance(2.0)
    assert rig.metric(MetricName.CPU).value == pytest.approx((3 * 90.0 + 2 * 10.0) / 5)
    rig.advance(3.0)
    assert rig.metric(MetricName.CPU).value == pytest.approx(10.0)


def test_histories_hold_the_last_60_seconds_one_value_a_second() -> None:
    rig = Rig()
    rig.play([trace(10.0)] * 700, every_s=0.1)
    history = rig.metric(MetricName.TASKSTART).history
    assert len(history) == 60
    assert history[-1] == pytest.approx(10.0, rel=0.001)

    rig.monitor.mark("+1 parallel queries")
    rig.advance(1.0)
    assert rig.metric(MetricName.TASKSTART).history[-1] is None


def test_only_what_a_profile_touches_is_modeled() -> None:
    rig = Rig()
    rig.play([trace(10.0, profile="plan")] * 20, every_s=0.1)

    modeled = {metric.name for metric in rig.monitor.views().metrics if metric.modeled}

    assert modeled == {MetricName.TASKSTART, MetricName.DATABASE}


def test_other_limits_judge_at_once() -> None:
    rig = Rig()
    rig.play([trace(10.0)] * 20, every_s=0.1)
    rig.monitor.configure(Settings(limits=AlertLimits(taskstart_ms=12.0)))

    metric = rig.metric(MetricName.TASKSTART)

    assert (metric.limit, metric.state) == (12.0, MetricState.WARN)


def test_without_any_start_nothing_is_claimed() -> None:
    views = Rig().monitor.views()

    assert [metric.value for metric in views.metrics] == [None] * 5
    assert {metric.state for metric in views.metrics} == {MetricState.TOO_FEW}
    assert views.points == []
    assert views.alerts == []
    assert all(phase.now_ms is None for phase in views.phases.phases)


def test_behind_schedule_is_known_of_replays_only() -> None:
    rig = Rig()
    rig.monitor.record(trace(), at_s=rig.now, source="api", behind_ns=5_000_000)
    assert rig.monitor.views().traffic.behind_ms is None
    rig.monitor.record(trace(), at_s=rig.now, source="replay", behind_ns=5_000_000)
    assert rig.monitor.views().traffic.behind_ms == 5.0
