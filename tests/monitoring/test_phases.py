"""Where the time goes adds up, now, over the slowest, and with everything off."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.optimizations import NO_OPTIMIZATIONS
from engine.service.messages import PhasesView
from engine.settings import Settings
from engine.trace import PHASE_TITLES, Phase, Trace
from tests.monitoring.rig import Rig, trace

nanoseconds = st.one_of(st.just(0), st.integers(0, 50_000), st.integers(0, 2 * 10**9))
phase_rows = st.lists(st.tuples(*[nanoseconds] * len(Phase)), min_size=1, max_size=120)


def total_ms(view: PhasesView) -> float:
    return sum(phase.now_ms or 0.0 for phase in view.phases)


@given(phase_rows)
def test_means_add_up_to_the_mean_of_the_totals(rows: list[tuple[int, ...]]) -> None:
    rig = Rig()
    for row in rows:
        rig.record(Trace(1, None, total_ns=sum(row), phases=row))

    view = rig.monitor.views().phases

    mean = sum(map(sum, rows)) / len(rows) / 1e6
    assert view.starts == len(rows)
    assert [phase.name for phase in view.phases] == list(PHASE_TITLES.values())
    assert total_ms(view) == pytest.approx(mean, rel=0.01)


@given(phase_rows)
def test_the_slowest_are_exactly_the_slowest_twentieth(rows: list[tuple[int, ...]]) -> None:
    rig = Rig()
    for row in rows:
        rig.record(Trace(1, None, total_ns=sum(row), phases=row))

    view = rig.monitor.views().phases

    slowest = sorted(map(sum, rows), reverse=True)[: math.ceil(0.05 * len(rows))]
    mean = sum(slowest) / len(slowest) / 1e6
    assert sum(phase.slowest_ms or 0.0 for phase in view.phases) == pytest.approx(mean)


def test_failed_starts_are_not_among_the_slowest() -> None:
    rig = Rig()
    for _ in range(40):
        rig.record(trace(10.0))
    rig.record(trace(9_000.0, error="timeout"))

    view = rig.monitor.views().phases

    assert sum(phase.slowest_ms or 0.0 for phase in view.phases) == pytest.approx(10.0)


def test_all_off_is_remembered_when_everything_is_on_again() -> None:
    rig = Rig()
    rig.play([trace(145.0, optimizations=NO_OPTIMIZATIONS)] * 40, every_s=0.2)
    rig.monitor.mark("all on")
    rig.play([trace(10.0)] * 20, every_s=0.2)

    view = rig.monitor.views().phases

    assert sum(phase.all_off_ms or 0.0 for phase in view.phases) == pytest.approx(145.0)
    assert total_ms(view) == pytest.approx(10.0)
    assert view.all_off_starts == 40
    assert view.all_off_when.startswith("measured here ")


def test_a_few_starts_do_not_replace_a_longer_reference() -> None:
    rig = Rig()
    rig.play([trace(145.0, optimizations=NO_OPTIMIZATIONS)] * 40, every_s=0.2)
    rig.monitor.mark("all on")
    rig.play([trace(10.0)], every_s=0.2)
    rig.monitor.mark("all off")
    rig.play([trace(1.0, optimizations=NO_OPTIMIZATIONS)] * 3, every_s=0.2)
    assert rig.monitor.views().phases.all_off_starts == 40

    rig.play([trace(1.0, optimizations=NO_OPTIMIZATIONS)] * 17, every_s=0.2)
    assert rig.monitor.views().phases.all_off_starts == 20


def test_a_reference_of_another_profile_is_no_measure() -> None:
    rig = Rig()
    modeled = trace(145.0, optimizations=NO_OPTIMIZATIONS, profile="plan")
    rig.play([modeled] * 40, every_s=0.2)
    view = rig.monitor.views().phases
    assert (view.modeled, view.all_off_modeled, view.all_off_starts) == (True, True, 40)

    rig.monitor.mark("native")
    rig.play([trace(10.0)] * 20, every_s=0.2)
    view = rig.monitor.views().phases
    assert (view.modeled, view.all_off_starts, view.all_off_when) == (False, 0, "")


def test_a_reference_can_be_measured_on_purpose() -> None:
    rig = Rig()
    failed = trace(9.0, error="no such task", optimizations=NO_OPTIMIZATIONS)
    rig.monitor.set_all_off([trace(0.6, optimizations=NO_OPTIMIZATIONS)] * 20 + [failed])

    view = rig.monitor.views().phases

    assert view.all_off_starts == 20
    assert sum(phase.all_off_ms or 0.0 for phase in view.phases) == pytest.approx(0.6)
    assert not view.all_off_modeled


def test_until_a_start_comes_the_profile_in_force_says_what_all_off_costs() -> None:
    rig = Rig()
    rig.play([trace(10.0)] * 3, every_s=0.1)
    rig.monitor.configure(Settings(profile="plan"))
    rig.monitor.mark("profile plan")
    rig.monitor.set_all_off(
        [trace(150.0, profile="plan", optimizations=NO_OPTIMIZATIONS) for _ in range(3)]
    )

    view = rig.monitor.views().phases

    assert sum(phase.all_off_ms or 0.0 for phase in view.phases) == pytest.approx(150.0)
