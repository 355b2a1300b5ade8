"""The last starts in full."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from engine.monitoring.starts import ANSWERS, STARTS
from engine.trace import Namespace, Outcome, Span
from tests.monitoring.rig import Rig, lookups, trace


@dataclass(frozen=True)
class Kept:
    text: str
    warnings: tuple[str, ...] = ()


def test_newest_first_and_paged_by_number() -> None:
    rig = Rig()
    numbers = [rig.record(trace(task_id=task_id)) for task_id in range(1, 8)]
    assert numbers == [1, 2, 3, 4, 5, 6, 7]

    first = rig.monitor.starts(3)
    assert [start.task_id for start in first.starts] == [7, 6, 5]
    assert first.total == 7

    following = rig.monitor.starts(3, before=first.starts[-1].id)
    assert [start.task_id for start in following.starts] == [4, 3, 2]
    assert rig.monitor.starts(3, before=1).starts == []


def test_a_start_in_full() -> None:
    rig = Rig()
    made = replace(
        trace(8.0, looked_up=lookups((Namespace.ANSWERS, Outcome.EXPIRED)), profile="plan"),
        spans=(Span("batch", 1_000_000, 3_000_000, 500_000),),
    )
    number = rig.record(made, answer=Kept("# Task 1", ("one rule left out",)), source="hook")

    detail = rig.monitor.start(number)

    assert detail is not None
    assert detail.text == "# Task 1"
    assert detail.warnings == ["one rule left out"]
    assert (detail.start.source, detail.start.changed, detail.start.modeled) == (
        "hook",
        "expired",
        True,
    )
    assert sum(detail.phases.values()) == pytest.approx(8.0)
    span = detail.spans[0]
    assert (span.start_ms, span.end_ms, span.modeled_ms) == (1.0, 3.0, 0.5)
    assert (detail.lookups[0].cache, detail.lookups[0].outcome) == ("answers", "expired")


def test_why_a_start_was_not_warm() -> None:
    rig = Rig()
    warm = rig.record(trace(warm=True, looked_up=lookups((Namespace.ANSWERS, Outcome.HIT))))
    off = rig.record(trace(looked_up=lookups((Namespace.ROWS, Outcome.HIT))))
    failed = rig.record(trace(error="no such task"))

    changed = {start.id: start.changed for start in rig.monitor.starts(10).starts}

    assert changed == {warm: "", off: "answers off", failed: ""}


def test_answers_are_kept_for_the_last_and_traces_for_more() -> None:
    rig = Rig()
    for task_id in range(STARTS + 500):
        rig.record(trace(task_id=task_id), answer=Kept(f"task {task_id}"))

    newest = rig.monitor.starts(1).starts[0].id
    kept, dropped = rig.monitor.start(newest - ANSWERS + 1), rig.monitor.start(newest - ANSWERS)

    assert kept is not None
    assert kept.text == f"task {STARTS + 500 - ANSWERS}"
    assert dropped is not None
    assert dropped.text == ""
    assert rig.monitor.starts(5_000).total == STARTS
    assert rig.monitor.start(newest - STARTS) is None
    assert rig.monitor.start(newest + 1) is None


def test_the_clock_of_a_start_is_that_of_its_answer() -> None:
    rig = Rig()
    rig.record(trace())
    earlier = rig.monitor.starts(1).starts[0].clock
    rig.advance(65.0)

    assert rig.monitor.starts(1).starts[0].clock == earlier
