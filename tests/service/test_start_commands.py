"""Commands about single starts."""

from __future__ import annotations

from engine.service.client import EngineClient
from engine.service.messages import GetStart, ListStarts, StartDetail, StartList, StartTask


async def test_starts_are_listed_paged_and_shown(client: EngineClient) -> None:
    for task_id in (1, 2, 3):
        detail = await client.ask(StartTask(task_id=task_id), StartDetail)
        assert detail.start.task_id == task_id
        assert detail.text == f"context of {task_id}"
    listed = await client.ask(ListStarts(limit=2), StartList)
    assert [view.task_id for view in listed.starts] == [3, 2]
    older = await client.ask(ListStarts(before=listed.starts[-1].id), StartList)
    assert [view.task_id for view in older.starts] == [1]
    detail = await client.ask(GetStart(id=older.starts[0].id), StartDetail)
    assert detail.start.source == "console"


async def test_a_start_that_fails_is_shown_with_its_reason(client: EngineClient) -> None:
    detail = await client.ask(StartTask(task_id=99), StartDetail)
    assert detail.start.error == "Task 99 not found"
    assert detail.text == ""
