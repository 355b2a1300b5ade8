"""One connection: what is answered at once, what is awaited, and in which order callers see it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator
from pathlib import Path

from engine.hook.connection import Bounds, Connection
from engine.hook.listener import HookListener
from engine.hook.responding import AnsweredAtOnce, Caller
from engine.hook.wire import HttpRequest, HttpResponse, RefusalError, RequestReader
from tests.hook.conftest import HandClock, Served, post, read_reply
from tests.hook.test_service import without_time
from tests.waiting import all_done, until

TASK = b'{"task_id": 7}'


class Answering:
    """Answers paths that begin with /now at once, and others when told to."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.awaited: list[bytes] = []
        self.at_once: list[bytes] = []
        self.noted: list[bytes] = []
        self.body_bytes = 0

    async def respond(self, request: HttpRequest, caller: Caller) -> HttpResponse:
        self.awaited.append(request.target)
        self.arrived.set()
        await self.may_answer.wait()
        return HttpResponse(request.target + b" " + request.body)

    def respond_at_once(self, request: HttpRequest, caller: Caller) -> AnsweredAtOnce | None:
        if not request.target.startswith(b"/now"):
            return None
        self.at_once.append(request.target)
        response = HttpResponse(request.target + bytes(self.body_bytes))
        return AnsweredAtOnce(response, lambda: self.noted.append(request.target))


@contextlib.asynccontextmanager
async def listening(
    folder: Path, answering: Answering, bounds: Bounds | None = None
) -> AsyncIterator[tuple[Path, HandClock]]:
    path, clock = folder / "one.http", HandClock()
    async with HookListener.open(
        path,
        answering.respond,
        respond_at_once=answering.respond_at_once,
        bounds=bounds,
        now=clock,
        sweep_s=0.01,
    ):
        yield path, clock


async def test_answers_keep_the_order_of_their_requests_whichever_way_they_are_made(
    folder: Path,
) -> None:
    answering = Answering()
    targets = ["/now/1", "/later/2", "/now/3", "/later/4", "/later/5", "/now/6"]
    async with listening(folder, answering) as (path, _):
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b"".join(post(target, b"") for target in targets))
        writer.write_eof()  # what was asked before is answered all the same
        assert (await read_reply(reader)).text == "/now/1"
        await answering.arrived.wait()
        assert answering.awaited == [b"/later/2"]
        assert answering.at_once == [b"/now/1"], "nothing overtakes what is being answered"
        answering.may_answer.set()
        for target in targets[1:]:
            assert (await read_reply(reader)).text.strip() == target
        assert await reader.read() == b""
        writer.close()
        assert answering.noted == answering.at_once == [b"/now/1", b"/now/3", b"/now/6"]


async def test_leave_to_send_comes_after_the_answers_before_it(folder: Path) -> None:
    answering = Answering()
    async with listening(folder, answering) as (path, _):
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(post("/later/1", b""))
        await answering.arrived.wait()
        request = post("/now/2", b"body", Expect="100-continue")
        writer.write(request[:-4])
        await all_done()
        answering.may_answer.set()
        assert (await read_reply(reader)).text.strip() == "/later/1"
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        writer.write(request[-4:])
        assert (await read_reply(reader)).text == "/now/2"
        writer.close()


async def test_a_caller_who_takes_no_answers_is_asked_no_more_and_cut_off(folder: Path) -> None:
    answering = Answering()
    answering.body_bytes = 100_000
    async with listening(folder, answering, Bounds(reading_s=3.0)) as (path, clock):
        with socket.socket(socket.AF_UNIX) as caller:
            caller.setblocking(False)
            caller.connect(str(path))
            sent = 0
            with contextlib.suppress(BlockingIOError):
                while True:
                    sent += caller.send(post("/now", b""))
                    await asyncio.sleep(0)
            # It holds back what it has not sent: its own requests fill its own socket.
            answered = len(answering.at_once)
            await all_done()
            assert len(answering.at_once) == answered
            clock.seconds += 3.1
            await until(lambda: _is_cut_off(caller), 20.0)


def _is_cut_off(caller: socket.socket) -> bool:
    try:
        caller.send(b"x")
    except BlockingIOError:
        return False
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False


async def test_a_warm_start_is_answered_without_a_task(served: Served, folder: Path) -> None:
    usual = (await served.ask(post("/taskstart", TASK))).text

    async def refuse(request: HttpRequest, caller: Caller) -> HttpResponse:
        raise AssertionError("a warm answer must not be awaited")

    path = folder / "two.http"
    async with HookListener.open(path, refuse, respond_at_once=served.at_once.respond):
        served.path = path
        for body in (TASK, b'{"task_id": "7", "agent_role": ""}'):
            reply = await served.ask(post("/taskstart", body))
            assert without_time(reply.text) == without_time(usual)


async def test_every_start_is_counted_once_whichever_way_it_is_answered(served: Served) -> None:
    answers = [await served.ask(post("/taskstart", TASK)) for _ in range(5)]

    assert [reply.status for reply in answers] == [200] * 5
    starts = served.engine.monitor.starts().starts
    assert [(one.source, one.warm) for one in starts] == [("hook", True)] * 4 + [("hook", False)]
    (level, *_) = served.engine.cache_views()[0].levels
    assert level.hits == 4
    measured = served.engine.traffic.answers.measured
    assert (measured.asked, measured.answered) == (5, 4)


async def test_who_is_turned_away_and_stays_is_ended_too(folder: Path) -> None:
    answering = Answering()
    bounds = Bounds(connections=1, reading_s=3.0)
    async with listening(folder, answering, bounds) as (path, clock):
        served, _ = await _connected_and_answered(path)
        reader, refused = await asyncio.open_unix_connection(str(path))
        assert (await read_reply(reader)).status == 503
        surplus, never_told = await asyncio.open_unix_connection(str(path))
        assert await surplus.read() == b"", "beyond twice the bound nobody is told why"
        clock.seconds += 3.1
        assert await reader.read() == b""
        served.write(post("/now/2", b""))
        for writer in (refused, never_told):
            writer.close()
        await until(lambda: answering.at_once == [b"/now/1", b"/now/2"])
        served.close()


async def test_a_connection_that_has_ended_leaves_nothing_behind(folder: Path) -> None:
    answering = Answering()
    async with listening(folder, answering) as (path, _):
        gc.collect()
        gc.disable()
        try:
            writer, reader = await _connected_and_answered(path)
            writer.write(b"no HTTP\r\n\r\n")
            assert (await read_reply(reader)).status == 400
            writer.close()
            await until(lambda: not _of_connections())
        finally:
            gc.enable()


async def _connected_and_answered(
    path: Path,
) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    reader, writer = await asyncio.open_unix_connection(str(path))
    # Not as plain as our own client's: the parser has to read it.
    writer.write(post("/now/1", b"", Accept="*/*"))
    assert (await read_reply(reader)).text == "/now/1"
    return writer, reader


def _of_connections() -> list[object]:
    kinds = (Connection, RequestReader, RefusalError)
    return [one for one in gc.get_objects() if isinstance(one, kinds)]
