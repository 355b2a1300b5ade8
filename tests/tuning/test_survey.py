"""A survey proves answers current, a task's own role needs no key of its own, dates are warmed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from engine.clock import VirtualClock
from engine.core.answer import FinishedAnswer
from engine.core.builder import AnswerBuilder
from engine.core.engine import Engine
from engine.core.reading import Asked, Reading
from engine.core.request import Request
from engine.errors import InactiveAgentError
from engine.storage.connection import connect
from engine.storage.survey import make_survey
from engine.trace import Namespace, Outcome
from tests.core.rig import NOW, REQUESTS, Project

CHANGES = {
    "tasks": "UPDATE tasks SET name = 'another' WHERE id = 1",
    "work_items": "UPDATE work_items SET name = 'another' WHERE id = (SELECT work_item_id FROM tasks WHERE id = 1)",
    "projects": "UPDATE projects SET description = 'another'",
    "contexts": "UPDATE contexts SET six_w_data = '{}' WHERE entity_type = 'task' AND entity_id = 1",
    "agents": "UPDATE agents SET capabilities = '[]' WHERE role = 'checkout-captain'",
    "rules": "UPDATE rules SET name = 'another' WHERE id = (SELECT min(id) FROM rules)",
}


def digest(project: Project, task_id: int, role: str | None = None) -> bytes | None:
    connection = connect(project.database, busy_timeout=1.0)
    try:
        return make_survey(connection).digest(task_id, role)
    finally:
        connection.close()


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_whatever_an_answer_takes_from_the_database_moves_its_digest(
    project: Project, change: str
) -> None:
    before = digest(project, 1)
    project.write(change)
    assert before is not None
    assert digest(project, 1) != before


def test_another_tasks_row_does_not(project: Project) -> None:
    before = digest(project, 1)
    project.write("UPDATE tasks SET name = 'another' WHERE id = 2")
    assert digest(project, 1) == before
    assert digest(project, 999) is None


async def test_a_foreign_commit_costs_no_read_once_a_survey_was_made(project: Project) -> None:
    async with Engine.open(project.root, background=False) as engine:
        await engine.warm_now()
        project.write("UPDATE tasks SET name = 'another' WHERE id = 2")
        reads = sum(view.count for view in engine.statement_views())
        await engine.warm_now()
        answer = await engine.task_start(1)
        assert answer.trace.warm
        assert [one.outcome for one in answer.trace.lookups] == [Outcome.HIT]
        assert sum(view.count for view in engine.statement_views()) == reads
        assert "another" in (await engine.task_start(2)).text


async def test_nor_does_a_task_that_has_no_answer_until_that_changes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("UPDATE agents SET is_active = 0 WHERE role = 'payment-diplomat'")
    async with Engine.open(project.root, background=False) as engine:
        await engine.warm_now()
        project.write("CREATE TABLE of_another_program (x)")
        await engine.warm_now()
        read: list[int] = []
        build_many = AnswerBuilder.build_many

        async def noted(
            self: AnswerBuilder, wanted: Sequence[tuple[Reading, Asked[FinishedAnswer]]]
        ) -> set[Request]:
            read.extend(reading.request.task_id for reading, _ in wanted)
            return await build_many(self, wanted)

        monkeypatch.setattr(AnswerBuilder, "build_many", noted)
        project.write("INSERT INTO of_another_program VALUES (1)")
        await engine.warm_now()
        assert read == []
        with pytest.raises(InactiveAgentError):
            await engine.task_start(12)
        project.write("UPDATE agents SET is_active = 1")
        await engine.warm_now()
        assert 12 in read
        assert (await engine.task_start(12)).trace.warm


async def test_what_was_written_and_written_back_is_not_taken_for_what_is_cached(
    project: Project,
) -> None:
    """The digest is the old one again; the answer that was made in between is not."""
    async with Engine.open(project.root, background=False) as engine:
        await engine.warm_now()
        right = (await engine.task_start(1)).text
        (name,) = project_row(project, "SELECT name FROM tasks WHERE id = 1")
        project.write("UPDATE tasks SET name = 'in between' WHERE id = 1")
        assert "in between" in (await engine.task_start(1)).text
        project.write("UPDATE tasks SET name = ? WHERE id = 1", name)
        await engine.warm_now()
        answer = await engine.task_start(1)
        assert "in between" not in answer.text
        assert without_time(answer.text) == without_time(right)


async def test_naming_a_tasks_own_role_finds_the_prepared_answer(project: Project) -> None:
    async with Engine.open(project.root, background=False) as engine:
        await engine.warm_now()
        own = await engine.task_start(1, "checkout-captain")
        assert own.trace.warm
        assert own.trace.agent_role == "checkout-captain"
        project.write("UPDATE tasks SET assigned_to = 'refund-detective' WHERE id = 1")
        foreign = await engine.task_start(1, "checkout-captain")
        now_own = await engine.task_start(1, "refund-detective")
        assert foreign.payload["task"]["assigned_to"] == "refund-detective"
        assert foreign.payload["assigned_agent"] == "checkout-captain"
        assert now_own.payload["assigned_agent"] == "refund-detective"
        await engine.warm_now()
        project.write("UPDATE tasks SET name = 'another' WHERE id = 1")
        await engine.warm_now()
        for role in ("checkout-captain", "refund-detective", None):
            assert (await engine.task_start(1, role)).trace.warm, role


async def test_a_role_that_ceases_to_be_the_tasks_own_is_prepared(project: Project) -> None:
    async with Engine.open(project.root, background=False) as engine:
        await engine.warm_now()
        assert (await engine.task_start(1, "checkout-captain")).trace.warm
        project.write("UPDATE tasks SET assigned_to = 'refund-detective' WHERE id = 1")
        await engine.warm_now()
        answer = await engine.task_start(1, "checkout-captain")
        assert answer.trace.warm
        assert answer.payload["assigned_agent"] == "checkout-captain"


async def test_answers_are_prepared_again_when_their_date_has_passed(project: Project) -> None:
    clock = VirtualClock(NOW)
    async with Engine.open(project.root, clock=clock, background=False) as engine:
        await engine.warm_now()
        clock.move_to(timedelta(days=3).total_seconds())
        await engine.warm_now()
        for task_id, role in REQUESTS:
            if role is None:
                assert (await engine.task_start(task_id)).trace.warm, task_id


async def test_the_traffic_knows_reads_and_changes(project: Project) -> None:
    async with Engine.open(project.root, background=False) as engine:
        for _ in range(3):
            await engine.task_start(1)
        project.write("UPDATE tasks SET name = 'another' WHERE id = 1")
        await engine.task_start(1)
        seen = [write for _, _, write in engine.traffic.answers.accesses.snapshot().accesses()]
        assert seen == [False, False, False, True, False]
        measured = engine.traffic.caches[Namespace.ANSWERS].measured
        assert (measured.asked, measured.answered) == (4, 2)


def project_row(project: Project, sql: str) -> tuple[object, ...]:
    connection = connect(project.database, busy_timeout=1.0)
    try:
        row: tuple[object, ...] = connection.execute(sql).fetchone()
        return row
    finally:
        connection.close()


def without_time(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "Assembly Time" not in line)
