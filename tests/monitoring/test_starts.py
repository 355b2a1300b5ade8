"""The last starts in full."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from engine.monitoring.starts import ANSWERS, STARTS
from engine.service.messages import DeliveryView
from engine.trace import NO_TASK, Namespace, Outcome, Span
from tests.monitoring.rig import Rig, lookups, trace


@dataclass(frozen=True)
class Kept:
    text: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Given:
    text: str
    caller: str = "SubagentStart"
    shortened: bool = True
    brief: str = ""

    def view(self) -> DeliveryView:
        return DeliveryView(caller=self.caller, rendering="full", characters=5, whole=9, budget=5)


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


def test_what_was_given_instead_of_the_answers_own_text() -> None:
    rig = Rig()
    made = trace()
    number = rig.record(made, answer=Kept("the answer", ("a warning",)), source="claude")
    rig.monitor.delivered(made, Given("given"))
    other = rig.record(trace(), answer=Kept("the answer"))

    detail = rig.monitor.start(number)
    assert detail is not None
    assert detail.delivery == Given("given").view()
    assert (detail.text, detail.warnings) == ("given", ["a warning"])
    start = rig.monitor.starts(2).starts[1]
    assert (start.event, start.shortened) == ("SubagentStart", True)
    plain = rig.monitor.start(other)
    assert plain is not None
    assert plain.delivery is not None
    assert (plain.delivery.caller, plain.delivery.rendering) == ("api", "agentpm")


def test_of_what_was_given_the_newest_is_kept() -> None:
    rig = Rig()
    numbers = []
    for _ in range(ANSWERS + 5):
        made = trace()
        numbers.append(rig.record(made, answer=Kept("own")))
        rig.monitor.delivered(made, Given("given"))

    texts = [detail.text for one in numbers if (detail := rig.monitor.start(one)) is not None]
    assert texts == [""] * 5 + ["given"] * ANSWERS


def test_what_is_without_a_task_has_no_part_in_any_figure() -> None:
    rig = Rig()
    rig.record(trace(10.0, task_id=7), source="hook")
    number = rig.record(trace(5_000.0, task_id=NO_TASK), source="claude")
    failed = rig.record(trace(task_id=NO_TASK, error="task_id is required"), source="hook")

    views = rig.monitor.views()
    assert [start.id for start in rig.monitor.starts(9).starts] == [failed, number, 1]
    assert (views.window.starts, views.traffic.errors, views.traffic.without_task) == (2, 1, 1)
    assert views.traffic.sources == {"hook": 2}
    assert max(point.total_ms for point in views.points) == 10.0


def test_sources_are_those_of_the_window() -> None:
    rig = Rig()
    for source, count in (("api", 3), ("hook", 30)):
        for _ in range(count):
            rig.record(trace(), source=source)
        rig.advance(70.0 if source == "api" else 1.0)

    assert rig.monitor.views().traffic.sources == {"hook": 30}


def test_more_sources_than_can_be_told_apart_are_one() -> None:
    rig = Rig()
    for number in range(300):
        rig.record(trace(), source=f"s{number}")

    sources = rig.monitor.views().traffic.sources
    assert sum(sources.values()) == 300
    assert sources["others"] == 45


def test_refusals_of_the_window_and_the_last_line() -> None:
    rig = Rig()
    rig.monitor.refused("/taskstart", 401, "the token is wrong")
    rig.monitor.refused("/taskstart", 400, "the body is empty")
    traffic = rig.monitor.views().traffic
    assert (traffic.refused, traffic.refusal) == (2, "the body is empty")

    rig.advance(70.0)
    traffic = rig.monitor.views().traffic
    assert (traffic.refused, traffic.refusal) == (0, "")


def test_a_start_keeps_its_clock_time_when_the_clock_stands_still() -> None:
    rig = Rig()
    number = rig.record(trace())
    before = rig.monitor.starts().starts[0].clock

    rig.advance(60.0)
    rig.stop_the_clock()
    rig.advance(120.0)

    detail = rig.monitor.start(number)
    assert detail is not None
    assert detail.start.clock == rig.monitor.starts().starts[0].clock == before
