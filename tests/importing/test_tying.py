"""Which task a start of the past means; never a guess."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.importing.claude_code import TranscriptChoice, import_transcripts
from engine.importing.startable import OwnTask, Startable
from engine.importing.tying import How, ProjectHistory, TaskHistory
from tests.importing.transcripts import call, write


def day(number: int) -> datetime:
    return datetime(2026, 3, number, tzinfo=UTC)


def history(*tasks: TaskHistory, active: bool = True) -> ProjectHistory:
    past = dict(enumerate(tasks, 1))
    own = dict.fromkeys(past, OwnTask(1, "coder"))
    startable = Startable(own, {(1, "coder"): active, (1, "reviewer"): True})
    return ProjectHistory(Path("/home/me/shop"), startable, past)


DONE = TaskHistory("done", day(2), day(5))
RUNNING = TaskHistory("active", day(4), None)
BLOCKED = TaskHistory("blocked", day(2), None)
DRAFT = TaskHistory("draft", None, None)


@pytest.mark.parametrize(
    ("task", "when", "task_id"),
    [
        (DONE, 1, None),
        (DONE, 2, 1),
        (DONE, 4, 1),
        (DONE, 5, None),
        (RUNNING, 3, None),
        (RUNNING, 4, 1),
        (RUNNING, 30, 1),
        (DRAFT, 3, None),
        (BLOCKED, 1, None),
        (BLOCKED, 3, None),
        (TaskHistory("done", day(2), None), 3, None),
        (TaskHistory("active", None, None), 3, None),
        (TaskHistory("active", day(2), day(5)), 4, 1),
        (TaskHistory("active", day(2), day(5)), 6, None),
        (TaskHistory("done", day(2), day(5), sure=False), 3, None),
    ],
)
def test_a_task_counts_as_active_where_its_times_say_so(
    task: TaskHistory, when: int, task_id: int | None
) -> None:
    tie = history(task).tie((), "coder", day(when))
    assert tie.task_id == task_id
    assert tie.how is (How.ROLE if task_id is not None else How.NONE)
    assert bool(tie.why_none) is (task_id is None)


@pytest.mark.parametrize(
    ("tasks", "role", "why"),
    [
        ((DONE, RUNNING), "coder", "several of its role were active then"),
        ((DONE, BLOCKED), "coder", "does not tell which"),
        ((DRAFT,), "coder", "none of its role was active then"),
        ((DONE,), "general-purpose", "none of its role was active then"),
        ((DONE,), "", "has no role"),
    ],
)
def test_whatever_could_mean_several_means_none(
    tasks: tuple[TaskHistory, ...], role: str, why: str
) -> None:
    tie = history(*tasks).tie((), role, day(4))
    assert tie.task_id is None
    assert why in tie.why_none


def test_a_named_task_counts_more_than_the_role() -> None:
    found = history(DONE, DRAFT)
    assert found.tie((2,), "coder", day(4)).task_id == 2
    assert (
        found.tie((9,), "coder", day(4)).why_none == "names a task that the project does not have"
    )
    assert found.tie((1, 2), "coder", day(4)).why_none == "names several tasks"


def test_an_agent_that_is_inactive_now_cannot_be_started_again() -> None:
    found = history(DONE, active=False)
    assert "inactive" in found.tie((), "coder", day(4)).why_none
    assert "inactive" in found.tie((1,), "general-purpose", day(4)).why_none
    assert found.tie((1,), "reviewer", day(4)).task_id == 1


def test_starts_of_the_project_alone_with_the_roles_that_it_knows(tmp_path: Path) -> None:
    entries = [
        call(1, "task #1"),
        call(2, "task #1", role="general-purpose"),
        call(3, "go on"),
        call(4, "task #1", cwd="/home/me/other"),
        call(5, "task #1", cwd="/home/me/shop-2"),
        call(6, "task #1", cwd="/home/me/shop/packages/cart"),
    ]
    path = write(tmp_path / "s.jsonl", entries)
    found = history(DONE)
    workload, report = import_transcripts([path], found)
    assert workload is not None
    assert [(one.t, one.agent_role, one.source) for one in workload.events] == [
        (0.0, "coder", "explicit id"),
        (60.0, None, "explicit id"),
        (120.0, "coder", "the one active task of the role"),
        (300.0, "coder", "explicit id"),
    ]
    assert report.other_folders == {"/home/me/other": 1, "/home/me/shop-2": 1}
    assert (report.explicit, report.role, report.other_folder, report.own_role) == (3, 1, 2, 1)
    workload, report = import_transcripts([path], found, TranscriptChoice(any_folder=True))
    assert workload is not None
    assert (len(workload.events), report.other_folder) == (6, 0)
