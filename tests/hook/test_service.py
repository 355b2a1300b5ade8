"""The routes, as a caller sees them."""

from __future__ import annotations

import asyncio
import json
import re
import stat

import pytest

from tests.hook.conftest import Served, get, post, read_reply

TASK = b'{"task_id": 7, "agent_role": null, "session_id": "x"}'


def without_time(text: str) -> str:
    return re.sub(r"(Assembly Time\*\*: )\d+", r"\1", text)


async def test_a_task_start_is_answered_with_what_agentpms_hook_prints(served: Served) -> None:
    reply = await served.ask(post("/taskstart", TASK))

    answer = await served.engine.task_start(7)
    assert reply.status == 200
    assert without_time(reply.text) == without_time(answer.text) + "\n"


async def test_the_structured_form_holds_text_and_payload(served: Served) -> None:
    by_header = await served.ask(post("/taskstart", TASK, Accept="application/json"))
    by_query = await served.ask(post("/taskstart?format=json", TASK))

    answer = await served.engine.task_start(7)
    for reply in (by_header, by_query):
        value = json.loads(reply.body)
        assert value["task_id"] == 7
        assert value["payload"] == answer.payload
        assert without_time(value["text"]) == without_time(answer.text)


async def test_the_role_of_the_request_counts(served: Served) -> None:
    reply = await served.ask(post("/taskstart", b'{"task_id": "7", "agent_role": "nobody"}'))

    assert "**Agent**: nobody" in reply.text


async def test_one_connection_serves_many_requests(served: Served) -> None:
    reader, writer = await served.connect()
    for task_id in (7, 8, 9):
        writer.write(post("/taskstart", json.dumps({"task_id": task_id}).encode()))
        assert f"**Task #{task_id}**" in (await read_reply(reader)).text
    writer.close()


async def test_requests_sent_ahead_are_answered_in_order(served: Served) -> None:
    reader, writer = await served.connect()
    writer.write(b"".join(post("/taskstart", b'{"task_id": %d}' % one) for one in range(1, 6)))
    for task_id in range(1, 6):
        assert f"**Task #{task_id}**" in (await read_reply(reader)).text
    writer.close()


async def test_a_caller_may_close_its_sending_half_first(served: Served) -> None:
    reader, writer = await served.connect()
    writer.write(post("/taskstart", TASK))
    writer.write_eof()
    assert (await read_reply(reader)).status == 200
    assert await reader.read() == b""
    writer.close()


async def test_a_body_may_come_in_pieces_after_leave_to_send(served: Served) -> None:
    reader, writer = await served.connect()
    request = post("/taskstart", TASK, Expect="100-continue")
    head, body = request[: -len(TASK)], request[-len(TASK) :]
    writer.write(head)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
    for byte in body:
        writer.write(bytes([byte]))
        await writer.drain()
    assert (await read_reply(reader)).status == 200
    writer.close()


async def test_many_callers_at_once_get_their_own_answers(served: Served) -> None:
    ids = [1 + index % 24 for index in range(60)]
    replies = await asyncio.gather(
        *(served.ask(post("/taskstart", b'{"task_id": %d}' % one)) for one in ids)
    )
    assert all(f"**Task #{one}**" in reply.text for one, reply in zip(ids, replies, strict=True))


async def test_health_names_the_project(served: Served) -> None:
    reply = await served.ask(get("/health"))

    assert reply.status == 200
    assert json.loads(reply.body)["project"] == served.engine.project.name


async def test_metrics_count_what_hooks_asked(served: Served) -> None:
    await served.ask(post("/taskstart", TASK))
    await served.ask(post("/taskstart", b'{"task_id": 99999}'))

    text = (await served.ask(get("/metrics"))).text
    assert 'taskstart_starts_total{result="answered",source="hook"} 1.0' in text
    assert 'taskstart_starts_total{result="failed",source="hook"} 1.0' in text


async def test_an_agents_wait_reaches_the_screens(served: Served) -> None:
    reader, writer = await served.connect()
    writer.write(post("/taskstart", TASK))
    await read_reply(reader)
    writer.write(post("/wait", b"", X_TaskStart_Wait_Us="12500"))
    assert (await read_reply(reader)).status == 204
    writer.close()

    assert served.engine.monitor.views().traffic.agent_wait_ms == 12.5


async def test_a_wait_without_an_answer_is_refused(served: Served) -> None:
    reply = await served.ask(post("/wait", b"", X_TaskStart_Wait_Us="12500"))
    nonsense = await served.ask(post("/wait", b"", X_TaskStart_Wait_Us="-1"))

    assert (reply.status, nonsense.status) == (409, 400)
    assert served.engine.monitor.views().traffic.agent_wait_ms is None


async def test_only_this_user_may_open_the_socket(served: Served) -> None:
    assert stat.S_IMODE(served.path.stat().st_mode) == 0o600


async def test_a_budget_bounds_the_full_rendering_and_is_accounted_for(served: Served) -> None:
    whole = json.loads((await served.ask(post("/taskstart?rendering=full&format=json", TASK))).body)
    small = json.loads(
        (await served.ask(post("/taskstart?rendering=full&format=json&budget=900", TASK))).body
    )

    assert whole["budget"] is None
    assert not any(section["shortened"] for section in whole["sections"])
    assert small["characters"] <= 900 < whole["characters"]
    assert any(section["shortened"] for section in small["sections"])


async def test_an_unforeseen_failure_leaves_no_word_of_the_agent_in_the_log(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise ValueError("a prompt that is nobody's business")

    monkeypatch.setattr(type(served.engine), "task_start", fail)
    reply = await served.ask(post("/taskstart", TASK))

    assert reply.status == 500
    assert "ValueError" in caplog.text
    assert "nobody's business" not in caplog.text + reply.text
