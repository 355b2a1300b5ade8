"""What an optimization saved, measured around its switch."""

from __future__ import annotations

import pytest

from engine.optimizations import NO_OPTIMIZATIONS, Optimization
from engine.service.messages import OptimizationView
from engine.settings import Settings
from tests.monitoring.rig import Rig, trace

ONE = frozenset({Optimization.PARALLEL_QUERIES})
BOTH = ONE | {Optimization.PLUGIN_FACTS_CACHE}


def saving(rig: Rig, optimization: Optimization) -> OptimizationView:
    return rig.monitor.views().optimizations[optimization - 1]


def play(rig: Rig, total_ms: float, on: frozenset[Optimization], starts: int = 50) -> None:
    rig.play([trace(total_ms, optimizations=on)] * starts, every_s=0.2)


@pytest.mark.parametrize("on_first", [False, True])
def test_it_is_the_difference_of_40_starts_before_and_after(on_first: bool) -> None:
    rig = Rig()
    steps = [(145.0, NO_OPTIMIZATIONS), (105.0, ONE)]
    first, second = reversed(steps) if on_first else steps
    play(rig, *first)
    rig.monitor.mark("parallel queries")
    play(rig, *second, starts=39)
    assert saving(rig, Optimization.PARALLEL_QUERIES).saved_ms is None
    play(rig, *second, starts=1)

    view = saving(rig, Optimization.PARALLEL_QUERIES)

    assert view.saved_ms == pytest.approx(40.0)
    assert (view.before_starts, view.after_starts) == (40, 40)
    assert saving(rig, Optimization.PLUGIN_FACTS_CACHE).saved_ms is None


def test_it_comes_with_how_far_chance_alone_would_take_it() -> None:
    rig = Rig()
    for totals, on in (((140.0, 150.0), NO_OPTIMIZATIONS), ((104.0, 106.0), ONE)):
        for number in range(40):
            play(rig, totals[number % 2], on, starts=1)
        rig.monitor.mark("parallel queries")

    view = saving(rig, Optimization.PARALLEL_QUERIES)

    # Variances of 40 values, half at either side of their mean: 25 and 1, times 40 / 39.
    assert view.saved_ms == pytest.approx(40.0)
    assert view.chance_ms == pytest.approx(1.96 * ((25 + 1) / 39) ** 0.5)


def test_later_starts_do_not_move_it() -> None:
    rig = Rig()
    play(rig, 145.0, NO_OPTIMIZATIONS)
    rig.monitor.mark("+1")
    play(rig, 105.0, ONE, starts=40)
    play(rig, 900.0, ONE, starts=40)

    assert saving(rig, Optimization.PARALLEL_QUERIES).saved_ms == pytest.approx(40.0)


def test_two_switched_at_once_are_attributed_to_neither() -> None:
    rig = Rig()
    play(rig, 145.0, NO_OPTIMIZATIONS)
    rig.monitor.mark("+1")
    rig.monitor.mark("+2")
    play(rig, 85.0, BOTH)

    assert all(view.saved_ms is None for view in rig.monitor.views().optimizations)


def test_another_change_in_between_makes_it_no_comparison() -> None:
    rig = Rig()
    play(rig, 145.0, NO_OPTIMIZATIONS)
    rig.monitor.mark("+1")
    rig.monitor.mark("L1 keeps 5 min")
    play(rig, 85.0, ONE)

    assert saving(rig, Optimization.PARALLEL_QUERIES).saved_ms is None


def test_each_step_of_a_plan_has_its_own_saving() -> None:
    rig = Rig()
    play(rig, 145.0, NO_OPTIMIZATIONS)
    rig.monitor.mark("+1")
    play(rig, 105.0, ONE)
    rig.monitor.mark("+2")
    play(rig, 85.0, BOTH)

    assert saving(rig, Optimization.PARALLEL_QUERIES).saved_ms == pytest.approx(40.0)
    assert saving(rig, Optimization.PLUGIN_FACTS_CACHE).saved_ms == pytest.approx(20.0)


def test_a_start_under_way_at_the_switch_belongs_to_neither_side() -> None:
    rig = Rig()
    play(rig, 145.0, NO_OPTIMIZATIONS)
    rig.monitor.mark("+1")
    rig.advance(0.01)
    rig.record(trace(145.0, optimizations=NO_OPTIMIZATIONS))
    rig.advance(1.0)
    play(rig, 105.0, ONE, starts=40)

    assert saving(rig, Optimization.PARALLEL_QUERIES).saved_ms == pytest.approx(40.0)


def test_switches_are_those_of_the_settings() -> None:
    rig = Rig(settings=Settings(optimizations=ONE))
    assert [view.on for view in rig.monitor.views().optimizations] == [True] + [False] * 7

    rig.monitor.configure(Settings(optimizations=BOTH))
    assert [view.number for view in rig.monitor.views().optimizations if view.on] == [1, 2]
