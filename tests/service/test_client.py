"""The console's side: requests, deaths, latest-wins."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.errors import ServiceError
from engine.service import client as client_module
from engine.service.client import EngineClient, RefusedError
from engine.service.frames import HEADER_BYTES, MAX_REQUEST_BYTES, encode_frame, read_frame
from engine.service.greeting import OtherVersionError
from engine.service.launching import EngineTarget
from engine.service.locks import socket_lock
from engine.service.messages import (
    ChangeSettings,
    Done,
    Event,
    GetStart,
    Hello,
    ListScenarios,
    ScenarioList,
    Snapshot,
    Undo,
)
from engine.service.protocol import protocol
from tests.service.conftest import OpenService, Service

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def engine_that(
    path: Path, behaves: Behaviour, greeting: bytes | None = None
) -> AsyncIterator[EngineClient]:
    """A client of something that greets and then behaves badly; not attached yet."""
    left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = Hello(protocol=protocol(), pid=1, version="0", owned=False)
        writer.write(encode_frame(hello) if greeting is None else greeting)
        await behaves(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        left.set()

    server = await asyncio.start_unix_server(serve, str(path / "bad.sock"))
    client = EngineClient(EngineTarget(None, attach_only=True), socket=path / "bad.sock")
    async with server:
        try:
            yield client
        finally:
            await client.close()
            await left.wait()


async def test_a_typed_reply_and_a_text(client: EngineClient) -> None:
    found = await client.ask(ListScenarios(), ScenarioList)
    assert [view.name for view in found.scenarios] == ["the-plan", "workday"]
    assert await client.do(ChangeSettings(changes={"pool_size": 6})) == "connections 4 → 6"


async def test_a_refusal_carries_the_reason_and_what_to_do(client: EngineClient) -> None:
    with pytest.raises(RefusedError) as caught:
        await client.do(ChangeSettings(changes={"pool_sise": 6}))
    assert "pool_sise" in caught.value.reason
    assert "pool_size" in caught.value.remedy
    assert caught.value.code == "setting"
    with pytest.raises(RefusedError, match="no longer kept"):
        await client.do(GetStart(id=123))


async def test_nobody_there_is_a_clear_error(tmp_path: Path) -> None:
    client = EngineClient(EngineTarget(None, attach_only=True), socket=tmp_path / "none.sock")
    with pytest.raises(ServiceError, match="no engine answers"):
        await client.open()
    with pytest.raises(ServiceError):
        await client.request(Undo())
    await client.close()


async def test_pending_requests_fail_when_the_engine_goes(tmp_path: Path) -> None:
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_frame(reader, MAX_REQUEST_BYTES)

    async with engine_that(tmp_path, leave) as client:
        await client.open()
        with pytest.raises(ServiceError, match="was killed, or has crashed"):
            await client.request(Undo())
        assert client.ended.is_set()
        with pytest.raises(ServiceError):
            async for _ in client.messages():
                pass


async def test_no_reply_in_time_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "LEAVE_TIMEOUT_S", 0.02)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with engine_that(tmp_path, say_nothing) as client:
        await client.open()
        with pytest.raises(ServiceError, match="did not answer Undo within"):
            await client.request(Undo(), timeout_s=0.02)
        assert not client.ended.is_set()


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff\xffxx", b"\x00\x00\x00\x02zz", b"\x00\x00"])
async def test_an_engine_that_talks_garbage_is_left(tmp_path: Path, garbage: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(garbage)
        await writer.drain()

    async with engine_that(tmp_path, talk) as client:
        await client.open()
        async with asyncio.timeout(5):
            await client.ended.wait()
        assert client.failure is not None


@pytest.mark.parametrize(
    "hello",
    [
        {"protocol": 1, "pid": 42, "version": "0.1.0", "owned": False},
        {"protocol": protocol() + 1, "pid": 42, "process": "of a time to come"},
    ],
)
async def test_an_engine_of_another_version_is_refused_with_a_way_on(
    tmp_path: Path, hello: dict[str, Any]
) -> None:
    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    body = msgspec.msgpack.encode({"type": "Hello", **hello})
    greeting = len(body).to_bytes(HEADER_BYTES, "big") + body
    async with engine_that(tmp_path, wait, greeting) as client:
        with pytest.raises(OtherVersionError) as caught:
            await client.open()
    assert "(process 42) is of another version" in caught.value.reason
    assert "taskstart serve --stop --project /" in caught.value.remedy


async def test_only_the_newest_snapshot_is_given(open_service: OpenService) -> None:
    async with open_service(rate=500) as service, service.client() as client:
        messages = client.messages()
        first = await anext(messages)
        assert isinstance(first, Snapshot)
        for number in range(5):
            service.server.announce(Event(title=str(number), text=""))
        # Somebody who is busy for twenty snapshots gets every event, and then the newest.
        for _ in range(20):
            newest = await service.host.snapshot(0)
            await asyncio.sleep(0.002)
        seen = [await anext(messages) for _ in range(6)]
        assert [event.title for event in seen[:5] if isinstance(event, Event)] == list("01234")
        assert isinstance(seen[5], Snapshot)
        assert newest.number - 20 < seen[5].number


async def test_closing_on_purpose_ends_the_messages_without_an_error(service: Service) -> None:
    client = service.client()
    await client.open()

    async def watch() -> None:
        async for _ in client.messages():
            pass

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await client.close()
    await client.close()
    async with asyncio.timeout(5):
        await watching
    assert client.failure is None


async def test_a_viewer_that_leaves_does_not_end_an_engine_of_somebody_else(
    service: Service,
) -> None:
    async with service.client():
        pass
    async with service.client() as again:
        assert isinstance(await again.request(ListScenarios()), ScenarioList)
        assert not service.host.ending.is_set()


async def test_restart_attaches_again(service: Service) -> None:
    client = service.client()
    await client.open()
    await client.restart()
    assert isinstance(await client.request(ChangeSettings(changes={"pool_size": 3})), Done)
    await client.close()


async def test_an_engine_that_does_not_listen_yet_is_waited_for(
    open_service: OpenService, tmp_path: Path
) -> None:
    socket = tmp_path / "s.sock"
    client = EngineClient(EngineTarget(None, attach_only=True), socket=socket)
    with socket_lock(socket):
        opening = asyncio.create_task(client.open())
        await asyncio.sleep(0)
        async with open_service():
            await opening
            assert isinstance(await client.request(ListScenarios()), ScenarioList)
            await client.close()
