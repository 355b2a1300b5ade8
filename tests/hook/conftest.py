"""A small project, an engine on it, and its hook service at a socket in this process."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvloop

from engine.core.engine import Engine
from engine.demo import make_demo
from engine.hook.application import Application
from engine.hook.at_once import AnswersAtOnce
from engine.hook.connection import Bounds
from engine.hook.fallback import EngineDesk
from engine.hook.listener import HookListener


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Hooks are served by the event loop of the engine's process."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("hook") / "shop", tasks=24, agents=6).root


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    # A socket's path holds a hundred bytes; the test's own folder is often deeper than that.
    with tempfile.TemporaryDirectory(prefix="ts-", dir="/tmp") as name:
        monkeypatch.setenv("XDG_RUNTIME_DIR", name)
        monkeypatch.setenv("XDG_DATA_HOME", f"{name}/data")
        monkeypatch.setenv("XDG_CACHE_HOME", f"{name}/cache")
        yield Path(name)


class HandClock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Reply:
    """An answer as it came over the wire."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.body.decode()


async def read_reply(reader: asyncio.StreamReader) -> Reply:
    """One answer; the stream may go on."""
    async with asyncio.timeout(20):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Reply(int(first.split()[1]), body, headers)


def post(path: str, body: bytes, **headers: str) -> bytes:
    """A request as bytes."""
    said = {"Host": "localhost", "Content-Length": str(len(body))}
    said.update({name.replace("_", "-"): value for name, value in headers.items()})
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def get(path: str) -> bytes:
    """A request as bytes."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


@dataclass
class Served:
    """A hook service and what it stands on."""

    path: Path
    engine: Engine
    listener: HookListener
    application: Application
    at_once: AnswersAtOnce
    clock: HandClock
    token: bytes | None = None

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_unix_connection(str(self.path))

    async def ask(self, request: bytes) -> Reply:
        """The answer to one request on a connection of its own."""
        reader, writer = await self.connect()
        try:
            writer.write(request)
            return await read_reply(reader)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def serve(
    project: Path, folder: Path, *, bounds: Bounds | None = None
) -> AsyncIterator[Served]:
    """A hook service on an engine without background work."""
    async with Engine.open(project, background=False) as engine:
        clock = HandClock()
        desk = EngineDesk(engine)
        application = Application(desk, lambda: one.token)
        at_once = AnswersAtOnce(desk, lambda: one.token)
        path = folder / "engine.http"
        async with HookListener.open(
            path,
            application.respond,
            respond_at_once=at_once.respond,
            bounds=bounds,
            now=clock,
            sweep_s=0.01,
        ) as listener:
            one = Served(path, engine, listener, application, at_once, clock)
            yield one


@pytest.fixture
async def served(project: Path, folder: Path) -> AsyncIterator[Served]:
    async with serve(project, folder) as one:
        yield one
