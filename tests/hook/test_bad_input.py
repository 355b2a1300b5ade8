"""Every wrong request has its status and one line, and nobody else notices."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.hook.connection import Bounds
from engine.hook.wire import MOST_BODY_BYTES, MOST_HEADER_BYTES
from tests.hook.conftest import Served, get, post, read_reply, serve
from tests.hook.hostile import hostile_requests

GOOD = post("/taskstart", b'{"task_id": 7}')


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "empty"),
        (b" \r\n", 400, "empty"),
        (b"not json", 400, "not one JSON object"),
        (b'{"task_id": 7}{"task_id": 8}', 400, "not one JSON object"),
        (b'{"task_id": 7}\n{"task_id": 8}', 400, "not one JSON object"),
        (b'\xef\xbb\xbf{"task_id": 7}', 400, "byte order mark"),
        (b"[45]", 400, "not a list"),
        (b"null", 400, "not null"),
        (b"[" * 200_000, 400, "nested too deeply"),
        (b"\xff", 400, "not one JSON object"),
        (b"{}", 400, "task_id is required"),
        (b'{"task_id": null}', 400, "task_id is required"),
        (b'{"task_id": [7]}', 400, "whole number"),
        (b'{"task_id": 7, "agent_role": 5}', 400, "agent_role must be text"),
        (b'{"task_id": 7, "agent_role": "\\ud800"}', 400, "valid Unicode"),
        (b'{"task_id": 45.5}', 404, "not found"),
        (b'{"task_id": "abc"}', 404, "not found"),
        (b'{"task_id": 99999}', 404, "Task 99999 not found"),
        (b'{"task_id": ' + b"9" * 5_000 + b"}", 400, ""),
    ],
)
async def test_a_wrong_body(served: Served, body: bytes, status: int, words: str) -> None:
    reply = await served.ask(post("/taskstart", body))

    assert (reply.status, reply.text.count("\n")) == (status, 1)
    assert reply.text.startswith("taskstart: ")
    assert words in reply.text


async def test_unknown_keys_and_their_lone_surrogates_do_no_harm(served: Served) -> None:
    body = b'{"task_id": 1, "task_id": 7, "note": "\\ud800", "more": [[1]]}'

    assert "**Task #7**" in (await served.ask(post("/taskstart", body))).text


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (post("/nowhere", b"{}"), 404),
        (get("/taskstart"), 405),
        (post("/health", b""), 405),
        (post("/taskstart?format=xml", b'{"task_id": 7}'), 400),
        (post("/taskstart?budget=900", b'{"task_id": 7}'), 400),
        (post("/taskstart?rendering=full&budget=3", b'{"task_id": 7}'), 400),
        (post("/taskstart?what=ever", b'{"task_id": 7}'), 400),
        (post("/taskstart", b'{"task_id": 7}', Host="evil.example"), 421),
        (b"POST /taskstart HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 421),
        (post("/taskstart", b'{"task_id": 7}', Origin="http://localhost"), 403),
        (b"\x16\x03\x01\x02\x00", 400),
        (
            b"GET /health HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
            400,
        ),
        (post("/taskstart", b"", Content_Length=str(MOST_BODY_BYTES + 1)), 413),
        (post("/taskstart", b"", Content_Length="9" * 30), 400),
        (post("/taskstart", b"{}", X="y" * MOST_HEADER_BYTES), 431),
        (get("/" + "x" * MOST_HEADER_BYTES), 431),
    ],
)
async def test_a_wrong_request(served: Served, request_bytes: bytes, status: int) -> None:
    reply = await served.ask(request_bytes)

    assert (reply.status, reply.text.count("\n")) == (status, 1)


async def test_a_body_that_outgrows_its_bound_while_it_comes(served: Served) -> None:
    reader, writer = await served.connect()
    head = b"POST /taskstart HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head)
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    writer.write(chunk * 17)
    assert (await read_reply(reader)).status == 413
    writer.close()


async def test_headers_that_never_end(served: Served) -> None:
    reader, writer = await served.connect()
    writer.write(b"POST /taskstart HTTP/1.1\r\nX: ")
    with pytest.raises((ConnectionError, BrokenPipeError, asyncio.IncompleteReadError)):
        for _ in range(200):
            writer.write(b"y" * 1_000)
            await writer.drain()
            await asyncio.sleep(0)
        reply = await read_reply(reader)
        assert reply.status == 431
        raise ConnectionError
    writer.close()


async def test_a_slow_sender_is_told_and_ended(served: Served) -> None:
    reader, writer = await served.connect()
    writer.write(GOOD[:30])
    await writer.drain()
    assert (await served.ask(GOOD)).status == 200

    served.clock.seconds += 5.1
    assert (await read_reply(reader)).status == 408
    assert await reader.read() == b""
    writer.close()


async def test_who_says_nothing_is_ended_without_a_word(served: Served) -> None:
    reader, writer = await served.connect()
    assert (await served.ask(GOOD)).status == 200
    served.clock.seconds += 5.1
    async with asyncio.timeout(20):
        assert await reader.read() == b""
    writer.close()


async def test_an_idle_connection_is_kept_for_a_minute(served: Served) -> None:
    reader, writer = await served.connect()
    writer.write(GOOD)
    await read_reply(reader)
    served.clock.seconds += 50
    writer.write(GOOD)
    assert (await read_reply(reader)).status == 200
    served.clock.seconds += 61
    async with asyncio.timeout(20):
        assert await reader.read() == b""
    writer.close()


async def test_half_a_request(served: Served) -> None:
    reader, writer = await served.connect()
    writer.write(GOOD[:-3])
    writer.write_eof()
    reply = await read_reply(reader)
    assert (reply.status, reply.text) == (400, "taskstart: the request ended half-way\n")
    writer.close()


async def test_clients_that_go_away_disturb_nobody(served: Served) -> None:
    for cut in (0, 10, len(GOOD)):
        _, writer = await served.connect()
        writer.write(GOOD[:cut])
        writer.close()
    replies = await asyncio.gather(*(served.ask(GOOD) for _ in range(5)))
    assert [reply.status for reply in replies] == [200] * 5


async def test_too_many_connections_are_turned_away(project: Path, folder: Path) -> None:
    async with serve(project, folder, bounds=Bounds(connections=2)) as served:
        first = await served.connect()
        second = await served.connect()
        assert (await served.ask(GOOD)).status == 503
        first[1].write(GOOD)
        assert (await read_reply(first[0])).status == 200
        first[1].close()
        second[1].close()


async def test_too_many_requests_sent_ahead(served: Served) -> None:
    reader, writer = await served.connect()
    writer.write(get("/health") * 200)
    statuses: list[int] = []
    async with asyncio.timeout(20):
        while not statuses or statuses[-1] == 200:
            statuses.append((await read_reply(reader)).status)
    assert statuses[-1] == 429
    writer.close()


async def test_hostile_requests_leave_the_service_as_it_was(served: Served) -> None:
    for request in hostile_requests(seed=1, count=400):
        reader, writer = await served.connect()
        writer.write(request)
        writer.write_eof()
        async with asyncio.timeout(20):
            answer = await reader.read()
        assert b"root:" not in answer
        assert not answer.startswith(b"HTTP/1.1 5"), (request[:300], answer[:300])
        writer.close()
    assert (await served.ask(GOOD)).status == 200
