"""A service on fakes behind a real socket."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from engine.demo import make_demo
from engine.service.client import EngineClient
from engine.service.commands import Commands
from engine.service.host import Host
from engine.service.launching import EngineTarget
from engine.service.server import Server
from tests.service.fakes import World


class Service:
    """A served world; `client` attaches to it."""

    def __init__(self, world: World, host: Host, server: Server, socket: Path) -> None:
        self.world = world
        self.host = host
        self.server = server
        self.socket = socket

    def client(self) -> EngineClient:
        return EngineClient(EngineTarget(None, attach_only=True), socket=self.socket)


OpenService = Callable[..., AbstractAsyncContextManager[Service]]


@pytest.fixture
def open_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenService:
    # Where alerts are saved.
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    @contextlib.asynccontextmanager
    async def opened(
        world: World | None = None, *, rate: float = 200.0, tick_s: float = 60.0
    ) -> AsyncIterator[Service]:
        world = world or World(tmp_path)
        socket = tmp_path / "s.sock"
        async with Host.open(world.live, world.doors(), tick_s=tick_s) as host:
            server = Server(host.snapshot, Commands(host).handle, snapshots_per_second=rate)
            host.announce = server.announce
            async with server.listen(socket):
                if world.failure is None and world.opens:
                    await world.live.opened()
                yield Service(world, host, server, socket)

    return opened


@pytest.fixture
async def service(open_service: OpenService) -> AsyncIterator[Service]:
    async with open_service() as opened:
        yield opened


@pytest.fixture
async def client(service: Service) -> AsyncIterator[EngineClient]:
    async with service.client() as attached:
        yield attached


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("demo") / "shop", tasks=12, agents=5).root


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    # A socket's path holds a hundred bytes; the test's own folder is often deeper than that.
    with tempfile.TemporaryDirectory(prefix="ts-", dir="/tmp") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        monkeypatch.setenv("XDG_DATA_HOME", f"{folder}/data")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        yield Path(folder)


@pytest.fixture
async def owned(project: Path, runtime: Path) -> AsyncIterator[EngineClient]:
    client = EngineClient(EngineTarget(project))
    await client.open()
    yield client
    await client.close()
