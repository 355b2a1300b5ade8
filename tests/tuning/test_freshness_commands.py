"""The two commands that show what freshness costs: beside a writer, and way by way."""

from __future__ import annotations

from engine.bench.freshness import measure_freshness
from engine.replay.comparing import WAYS, compare_freshness
from engine.replay.events import Op, WorkloadEvent
from engine.replay.workload import Workload, WorkloadHeader
from engine.settings import Freshness, Settings
from tests.core.rig import NOW, Project


async def test_beside_a_writer_nothing_is_stale_that_may_not_be(template: Project) -> None:
    told: list[str] = []
    report = await measure_freshness(
        template.root, starts=16, progress=told.append, rate=50.0, settled_after_s=0.1
    )
    strict = [one for one in report.situations if one.freshness == Freshness.STRICT]
    assert [one.stale for one in strict] == [0] * len(strict)
    assert not any(one.stale_in_the_end for one in report.situations)
    assert (report.own_stale, report.locks_seen) == (0, True)
    assert sum(one.commits for one in report.situations) > 0
    assert {one.journal for one in report.situations} == {"wal", "delete"}
    assert {one.freshness for one in report.situations} == {Freshness.STRICT, Freshness.BOUNDED}
    assert len(told) == len(report.situations) + 1
    assert all(one.name in report.as_text() for one in report.situations)


async def test_the_ways_differ_in_what_they_prepare_and_in_what_is_stale(template: Project) -> None:
    events = []
    for hour in range(4):
        t = 3600.0 * hour
        events += [WorkloadEvent(t=t, op=Op.TASKSTART, task_id=n) for n in (1, 2)]
        change = {"name": f"revision {hour}"}
        events.append(WorkloadEvent(t=t + 10, op=Op.TASK_UPDATE, task_id=1, changes=change))
        events += [WorkloadEvent(t=t + 20, op=Op.TASKSTART, task_id=n) for n in (1, 2)]
    workload = Workload(events, WorkloadHeader(start=NOW), "hours")
    found = await compare_freshness(template.root, workload, settings=Settings())
    warmed, strict, trusting = (found.reports[name] for name in WAYS)
    assert warmed.warm == warmed.starts == 16
    assert 0 < strict.warm < warmed.warm
    assert warmed.stale is strict.stale is None
    assert trusting.stale is not None
    assert (trusting.stale.stale, trusting.stale.text_differs) == (4, 4)
    assert trusting.stale.oldest_s == 20.0
    assert all(name in found.as_text() for name in WAYS)
