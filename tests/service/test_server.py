"""Viewers of every kind of behavior: none disturbs another."""

from __future__ import annotations

import asyncio
import socket
import stat
from pathlib import Path

import msgspec
import pytest

from engine.errors import ServiceError
from engine.service import server as server_module
from engine.service.client import EngineClient
from engine.service.frames import MAX_MESSAGE_BYTES, decode_message, encode_frame, read_frame
from engine.service.launching import EngineTarget
from engine.service.messages import (
    Event,
    Failed,
    Hello,
    Play,
    Reply,
    Request,
    SetWindow,
    Snapshot,
    Undo,
)
from engine.service.protocol import protocol
from engine.service.server import MAX_VIEWERS, Server
from tests.service.conftest import OpenService, Service
from tests.waiting import all_done, until


async def attach(service: Service) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_unix_connection(str(service.socket))
    body = await read_frame(reader, MAX_MESSAGE_BYTES)
    assert body is not None
    assert isinstance(decode_message(body), Hello)
    return reader, writer


async def next_snapshot(client: EngineClient) -> Snapshot:
    async with asyncio.timeout(5):
        async for message in client.messages():
            if isinstance(message, Snapshot):
                return message
    raise AssertionError("no snapshot came")


async def test_the_socket_is_for_its_owner_alone(service: Service) -> None:
    assert stat.S_IMODE(service.socket.stat().st_mode) == 0o600


async def test_a_viewer_is_greeted_and_gets_snapshots(client: EngineClient) -> None:
    assert client.hello is not None
    assert client.hello.protocol == protocol()
    first = await next_snapshot(client)
    second = await next_snapshot(client)
    assert second.number > first.number
    assert first.viewers == 1


async def test_no_snapshot_is_built_while_nobody_looks(open_service: OpenService) -> None:
    async with open_service() as service:
        async with service.client() as client:
            await next_snapshot(client)
        await until(lambda: service.server.viewers == 0)
        async with asyncio.timeout(5):
            before = await service.host.snapshot(0)
            await asyncio.sleep(0.05)
            # One that was under way when the viewer left may still have been finished.
            while (after := await service.host.snapshot(0)).number > before.number + 1:
                before = after
                await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00\x00\x00\x05hello",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x00",
        encode_frame(Request(id=1, command=Play(name="x")))[:9],
    ],
)
async def test_garbage_ends_only_the_one_who_sent_it(service: Service, garbage: bytes) -> None:
    async with service.client() as good:
        reader, writer = await attach(service)
        writer.write(garbage)
        writer.write_eof()
        async with asyncio.timeout(5):
            while await reader.read(65536):
                pass
        writer.close()
        await until(lambda: service.server.viewers == 1)
        assert await good.do(SetWindow(seconds=0)) == ""
        await next_snapshot(good)


async def test_a_command_of_another_version_is_refused_by_its_number(service: Service) -> None:
    reader, writer = await attach(service)
    body = msgspec.msgpack.encode({"type": "Request", "id": 9, "command": {"type": "Explode"}})
    writer.write(len(body).to_bytes(4, "big") + body)
    async with asyncio.timeout(5):
        while True:
            frame = await read_frame(reader, MAX_MESSAGE_BYTES)
            assert frame is not None
            message = decode_message(frame)
            if isinstance(message, Reply):
                break
    assert message.id == 9
    assert isinstance(message.body, Failed)
    assert "version" in message.body.remedy
    writer.close()


async def test_a_viewer_that_reads_nothing_holds_one_snapshot_and_nobody_up(
    open_service: OpenService,
) -> None:
    async with open_service(rate=1000.0) as service, service.client() as good:
        # Large snapshots fill the socket's buffers at once.
        for number in range(2_000):
            service.world.engine.monitor.mark(f"mark {number} " + "x" * 200)
        _, writer = await attach(service)
        for _ in range(30):
            await next_snapshot(good)
        assert service.server.viewers == 2
        writer.transport.abort()
        await until(lambda: service.server.viewers == 1)
        await next_snapshot(good)


async def test_a_viewer_that_never_takes_its_events_is_cut_off(
    open_service: OpenService,
) -> None:
    async with open_service() as service:
        _, writer = await attach(service)
        for number in range(2_000):
            service.server.announce(Event(title=str(number), text="x" * 5_000))
            if number % 10 == 0:
                await asyncio.sleep(0)
            if service.server.viewers == 0:
                break
        await until(lambda: service.server.viewers == 0)
        writer.transport.abort()


async def test_events_reach_every_viewer_in_order(service: Service) -> None:
    async with service.client() as first, service.client() as second:
        await until(lambda: service.server.viewers == 2)
        for number in range(10):
            service.server.announce(Event(title=str(number), text=""))
        for client in (first, second):
            titles: list[str] = []
            async with asyncio.timeout(5):
                async for message in client.messages():
                    if isinstance(message, Event):
                        titles.append(message.title)
                    if len(titles) == 10:
                        break
            assert titles == [str(number) for number in range(10)]


async def test_one_viewer_too_many_is_told_and_a_storm_of_them_logged_once(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    writers = [(await attach(service))[1] for _ in range(MAX_VIEWERS)]
    for _ in range(30):
        with pytest.raises(ServiceError, match="16 consoles are attached already"):
            await service.client().open()
    assert [record.message for record in caplog.records] == [
        "a console was turned away: 16 consoles are attached already"
    ]
    for writer in writers:
        writer.transport.abort()
    await until(lambda: service.server.viewers == 0)
    async with service.client():
        pass


async def test_a_snapshot_that_fails_does_not_end_those_that_follow(tmp_path: Path) -> None:
    calls = 0

    async def failing(viewers: int) -> Snapshot:
        nonlocal calls
        calls += 1
        raise RuntimeError("broken")

    async def handle(request: Request) -> Reply:
        raise AssertionError("no command is sent")

    server = Server(failing, handle, snapshots_per_second=500)
    async with server.listen(tmp_path / "s.sock"):
        target = EngineTarget(None, attach_only=True)
        client = EngineClient(target, socket=tmp_path / "s.sock")
        await client.open()
        await until(lambda: calls > 3)
        await client.close()


async def test_many_commands_at_once_are_all_answered(service: Service) -> None:
    async with service.client() as client:
        replies = await asyncio.gather(*(client.request(Undo()) for _ in range(200)))
        assert all(isinstance(reply, Failed) for reply in replies)


async def test_the_end_of_the_service_ends_its_viewers(open_service: OpenService) -> None:
    async with open_service() as service:
        client = service.client()
        await client.open()
    async with asyncio.timeout(5):
        await client.ended.wait()
    assert client.failure is not None
    with pytest.raises(ServiceError):
        await client.request(Undo())
    await client.close()


@pytest.mark.parametrize("turns", range(6))
async def test_the_end_of_the_service_does_not_wait_for_who_has_just_left(
    open_service: OpenService, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    monkeypatch.setattr(server_module, "LAST_WORDS_S", 3_600.0)
    async with asyncio.timeout(20):
        async with open_service() as service:
            with socket.socket(socket.AF_UNIX) as viewer:
                viewer.connect(str(service.socket))
                await until(lambda: service.server.viewers == 1)
            # The engine has noticed that it left, or not yet, or is about to forget it.
            await all_done(turns)
