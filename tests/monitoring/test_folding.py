"""Starts are counted once, whenever they come and whoever looks meanwhile."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.monitoring.monitor import BATCH, MOST_WAITING
from engine.monitoring.pieces import Pieces, at_once
from tests.monitoring.rig import Rig, trace

STEPS = st.lists(
    st.one_of(
        st.integers(1, 3 * BATCH),
        st.sampled_from(["tick", "views", "piece", "all", "list"]),
    ),
    max_size=25,
)


@given(STEPS)
def test_each_is_counted_once_in_whatever_turns(steps: list[int | str]) -> None:
    rig = Rig()
    under_way: list[Pieces[object]] = []
    recorded = 0
    for step in steps:
        match step:
            case "tick":
                under_way.append(rig.monitor.tick_in_pieces())
            case "views":
                under_way.append(rig.monitor.views_in_pieces())
            case "piece":
                under_way = [one for one in under_way if not is_over(one)]
            case "all":
                for one in under_way:
                    at_once(one)
                under_way = []
            case "list":
                assert rig.monitor.starts(1).total == min(recorded, 2_000)
            case int():
                for _ in range(step):
                    recorded += 1
                    assert rig.record(trace()) == recorded
    assert rig.monitor.views().window.starts == recorded
    assert rig.monitor.lifetime().totals.answered["api"] == recorded


def is_over(pieces: Pieces[object]) -> bool:
    try:
        next(pieces)
    except StopIteration:
        return True
    return False


def test_nobody_has_to_look() -> None:
    rig = Rig()
    for number in range(1, 3 * MOST_WAITING):
        assert rig.record(trace()) == number
    assert rig.monitor.views().window.starts == 3 * MOST_WAITING - 1
