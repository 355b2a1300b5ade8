"""Each story comes out true when it is played on a demo project: counts, never times."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from engine.demo import make_demo
from engine.replay.report import ReplayReport, SegmentReport
from engine.replay.session import run_replay
from scenarios.reader import find_scenario

MADE = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PLAYED = MADE + timedelta(hours=3, minutes=17)
"""A fixed moment: an answer changes when its context becomes a day older."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("demo") / "shop", now=MADE).root


async def play(
    demo: Path, name: str, *, rest: bool = False, one_write_in: int = 1, **fixed: object
) -> ReplayReport:
    """As fast as possible; with `rest`, idle time is given to background work."""
    workload = find_scenario(name)
    header = msgspec.structs.replace(workload.header, start=PLAYED)
    kept = [
        event
        for number, event in enumerate(workload.events)
        if not event.op.is_write or number % one_write_in == 0
    ]
    workload = dataclasses.replace(workload, header=header, events=kept)
    report = await run_replay(demo, workload, speed=0, rest=rest, fixed=fixed)
    assert report.state == "finished"
    assert report.writes_refused == report.writes_without_row == 0
    assert report.starts == workload.starts
    return report


def warm_share(part: SegmentReport) -> float:
    return part.warm / part.starts


async def test_the_plan_meets_no_known_task_until_the_end(demo: Path) -> None:
    report = await play(demo, "the-plan", profile="native")
    assert report.errors == 0
    assert [part.warm for part in report.segments] == [0] * 8 + [51]
    assert [part.starts for part in report.segments] == [41] * 8 + [92]


async def test_the_first_start_is_prepared_after_a_warm_restart(demo: Path) -> None:
    report = await play(demo, "first-start", rest=True)
    cold, restarted = report.segments
    assert (cold.starts, cold.warm) == (40, 20)
    assert restarted.warm == restarted.starts == 20


async def test_on_a_workday_checking_beats_trusting(demo: Path) -> None:
    report = await play(demo, "workday")
    trusting, checking = report.segments
    assert trusting.starts == checking.starts == 90
    # Played without idle time: all that warming would add is missing here.
    assert warm_share(checking) > warm_share(trusting) + 0.2
    assert checking.stale is None or checking.stale.stale == 0
    answers = next(cache for cache in report.caches if cache.name == "answers")
    assert answers.needless > 10, "expired and reloaded, though nothing had changed"


async def test_a_fan_out_is_answered_whole_both_ways(demo: Path) -> None:
    report = await play(demo, "fan-out")
    assert report.errors == 0
    assert [part.starts for part in report.segments] == [64, 64]
    assert report.segments[0].warm == 0


async def test_an_edited_sop_reaches_every_start_that_is_checked(demo: Path) -> None:
    report = await play(demo, "agent-update")
    trusting, checking = report.segments
    assert trusting.stale is not None
    assert trusting.stale.text_differs > 0
    assert checking.stale is None or checking.stale.stale == 0


async def test_a_storm_leaves_stale_answers_only_to_those_who_trust(demo: Path) -> None:
    report = await play(demo, "write-storm", one_write_in=10)
    trusting, checking = report.segments
    assert trusting.stale is not None
    assert trusting.stale.stale > 0
    assert checking.stale is None or checking.stale.stale == 0
    assert report.errors == 0


async def test_a_slow_disk_is_read_cold_by_every_strategy(demo: Path) -> None:
    report = await play(demo, "slow-disk", profile="native")
    assert [part.label for part in report.segments] == [
        "",
        "loading: parallel",
        "loading: batched",
    ]
    rows = next(cache for cache in report.caches if cache.name == "rows")
    assert (rows.asked, rows.answered) == (144, 0)


async def test_limits_meets_new_tasks_first_and_known_ones_after(demo: Path) -> None:
    report = await play(demo, "limits", profile="native")
    assert [part.warm for part in report.segments] == [0, 0, 44, 44, 44]


async def test_the_tour_shows_two_errors(demo: Path) -> None:
    report = await play(demo, "tour")
    assert report.errors == 2
    assert {reason.split(":")[0] for reason in report.failures} == {"not_found", "inactive_agent"}
