"""TCP: the token, the Host header, and a port that follows what is installed."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from engine.errors import ServiceError
from engine.hook.state import HookFolder
from engine.hook.tcp_door import TcpDoor
from tests.hook.conftest import Reply, Served, post, read_reply

TASK = b'{"task_id": 7}'
TOKEN = "the-right-token"


async def ask_tcp(port: int, **headers: str) -> Reply:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = {"Host": f"127.0.0.1:{port}", **headers}
    writer.write(post("/taskstart", TASK, **said))
    reply = await read_reply(reader)
    writer.close()
    return reply


@pytest.fixture
async def port(served: Served) -> int:
    await served.listener.open_port(0)
    served.token = TOKEN.encode()
    return served.listener.port


async def test_the_right_token_is_let_in(port: int) -> None:
    assert (await ask_tcp(port, Authorization=f"Bearer {TOKEN}")).status == 200
    assert (await ask_tcp(port, Authorization=f"bearer {TOKEN}")).status == 200


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("", "missing"),
        ("Bearer ", "missing"),
        ("Bearer wrong", "wrong"),
        (f"Basic {TOKEN}", "missing"),
        (f"Bearer {TOKEN}x", "wrong"),
        ("Bearer \xff\xfe", "wrong"),
    ],
)
async def test_no_other_token_is(port: int, header: str, words: str) -> None:
    reply = await ask_tcp(port, **({"Authorization": header} if header else {}))

    assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
    assert words in reply.text
    assert TOKEN not in reply.text


async def test_without_a_token_in_force_nobody_is_let_in(port: int, served: Served) -> None:
    served.token = None

    for said in ("Bearer x", "Bearer \0", "Bearer "):
        assert (await ask_tcp(port, Authorization=said)).status in {400, 401}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", "localhost.evil.example", ""])
async def test_the_host_must_be_this_machine_and_port(port: int, host: str) -> None:
    assert (await ask_tcp(port, Host=host, Authorization=f"Bearer {TOKEN}")).status == 421


async def test_web_pages_are_turned_away_even_with_the_token(port: int) -> None:
    reply = await ask_tcp(port, Origin="http://127.0.0.1", Authorization=f"Bearer {TOKEN}")

    assert reply.status == 403


async def test_a_port_that_is_taken_is_said(port: int, served: Served) -> None:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with taken:
        with pytest.raises(ServiceError, match="cannot be had"):
            await served.listener.open_port(taken.sockets[0].getsockname()[1])


async def test_the_door_follows_what_is_installed(
    served: Served, project: Path, folder: Path, unused_tcp_port: int
) -> None:
    async def find_project() -> Path:
        return project

    told: list[str] = []
    hook = HookFolder(project, folder)
    door = TcpDoor(find_project, told.append, base=folder)

    await door.look(hook, served.listener)
    assert (served.listener.port, door.token()) == (0, None)

    hook.open_tcp(unused_tcp_port)
    await door.look(hook, served.listener)
    assert served.listener.port == unused_tcp_port
    assert door.token() == hook.token_path.read_bytes().strip()

    hook.token_path.chmod(0o644)
    for _ in range(2):
        await door.look(hook, served.listener)
    assert (served.listener.port, door.token()) == (0, None)
    assert len(told) == 1
    assert "open to others" in told[0]

    hook.close_tcp()
    await door.look(hook, served.listener)
    assert len(told) == 1


def test_the_token_is_private_random_and_kept(project: Path, folder: Path) -> None:
    hook = HookFolder(project, folder)
    hook.open_tcp(20_001)
    token = hook.token_path.read_bytes()
    hook.open_tcp(20_002)

    assert hook.token_path.read_bytes() == token
    assert len(token.strip()) >= 32
    assert stat.S_IMODE(hook.token_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(hook.path.stat().st_mode) == 0o700
    hook.close_tcp()
    hook.open_tcp(20_001)
    assert hook.token_path.read_bytes() != token
