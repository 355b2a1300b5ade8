"""The installed client as agents start it: a process of its own, with and without an engine."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.core.engine import Engine
from engine.hook import client_script
from engine.hook.client import task_header
from engine.hook.installation import base_python, client_text
from engine.service.client import EngineClient
from engine.service.launching import EngineTarget
from engine.service.messages import EngineState, Snapshot
from engine.service.paths import hook_socket_path, socket_path
from engine.service.stopping import stop_engine

TASK = b'{"task_id": 7, "agent_role": null, "session_id": "s"}'


@pytest.fixture
def client(project: Path, folder: Path) -> Path:
    path = folder / "client.py"
    path.write_text(client_text(project, "/taskstart"))
    return path


def run(client: Path, data: bytes = TASK, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [base_python(), "-I", "-S", str(client)],
        input=data,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


def without_time(text: bytes) -> bytes:
    return re.sub(rb"(Assembly Time\*\*: )\d+", rb"\1", text)


async def expected(project: Path, task_id: int = 7) -> bytes:
    async with Engine.open(project, background=False) as engine:
        return without_time((await engine.task_start(task_id)).text.encode() + b"\n")


@pytest.fixture
async def engine(project: Path, folder: Path) -> AsyncIterator[EngineClient]:
    one = EngineClient(EngineTarget(project))
    await one.open()
    async with asyncio.timeout(60):
        async for message in one.messages():
            if isinstance(message, Snapshot) and message.engine is EngineState.READY:
                break
    yield one
    await one.close()
    # It stays for the agents that have called it.
    await asyncio.to_thread(stop_engine, socket_path(project))


@contextmanager
def impostor(project: Path, answer: bytes | None) -> Iterator[None]:
    """Something at the engine's socket that answers once with `answer`, or never (None)."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(hook_socket_path(socket_path(project))))
    listening.listen()
    done = threading.Event()

    def serve() -> None:
        caller, _ = listening.accept()
        caller.recv(1 << 16)
        if answer is None:
            done.wait(30)
        else:
            caller.sendall(answer)
        caller.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        listening.close()
        hook_socket_path(socket_path(project)).unlink()


async def test_with_an_engine_the_answer_and_the_wait_arrive(
    client: Path, engine: EngineClient, project: Path
) -> None:
    ran = await asyncio.to_thread(run, client)

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert without_time(ran.stdout) == await expected(project)
    async with asyncio.timeout(30):
        async for message in engine.messages():
            if isinstance(message, Snapshot) and message.traffic.agent_wait_ms is not None:
                assert 0 < message.traffic.agent_wait_ms < 60_000
                break


async def test_a_wrong_request_is_one_line_and_exit_code_1(
    client: Path, engine: EngineClient
) -> None:
    for data, words in ((b"", b"empty"), (b'{"task_id": 4711}', b"Task 4711 not found")):
        ran = await asyncio.to_thread(run, client, data)
        assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (1, b"", 1)
        assert words in ran.stderr


async def test_a_killed_engine_costs_no_agent_its_context(
    client: Path, engine: EngineClient, project: Path
) -> None:
    right = await expected(project)
    assert engine.hello is not None
    os.kill(engine.hello.pid, signal.SIGKILL)

    ran = await asyncio.to_thread(run, client)

    assert (ran.returncode, without_time(ran.stdout)) == (0, right)
    assert ran.stderr.startswith(b"taskstart: no engine (")


async def test_without_an_engine_the_answer_is_the_same(client: Path, project: Path) -> None:
    ran = await asyncio.to_thread(run, client)

    assert (ran.returncode, without_time(ran.stdout)) == (0, await expected(project))
    assert b"assembling without it" in ran.stderr


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"",
        b"nonsense",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf of it",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy",
    ],
)
async def test_whatever_else_is_at_the_socket(
    client: Path, project: Path, answer: bytes | None
) -> None:
    right = await expected(project)
    with impostor(project, answer):
        ran = await asyncio.to_thread(run, client)

    assert (ran.returncode, without_time(ran.stdout)) == (0, right)


def test_large_input_survives_the_way_to_the_fallback(client: Path) -> None:
    body = json.dumps({"task_id": 7, "note": "x" * 500_000}).encode()

    assert b"**Task #7**" in run(client, body).stdout


def test_input_beyond_the_bound_is_refused(client: Path) -> None:
    ran = run(client, b" " * (2 * 2**20))

    assert (ran.returncode, ran.stdout) == (1, b"")
    assert b"larger than 1 MiB" in ran.stderr


def test_without_the_product_it_says_what_to_do(client: Path) -> None:
    client.write_text(client.read_text().replace(sys.executable, "/nowhere/python"))
    ran = run(client)

    assert ran.returncode == 1
    assert b"/nowhere/python cannot be started" in ran.stderr


def test_the_environment_names_the_task_for_claude_code(project: Path, folder: Path) -> None:
    path = folder / "claude.py"
    path.write_text(client_text(project, "/claude-code"))
    event = json.dumps({"hook_event_name": "SubagentStart", "agent_type": "x"}).encode()

    ran = run(path, event, TASKSTART_TASK="9")

    output = json.loads(ran.stdout)["hookSpecificOutput"]
    assert output["additionalContext"].startswith("# Task #9: ")


@pytest.mark.parametrize(
    ("named", "header"),
    [
        ("", ""),
        (" 9 ", "9"),
        ("#9", "#9"),
        *((one, "unusable") for one in ("x", "9\r\nX-Evil: 1", "9" * 40, "4 5", "٤", "-1")),
    ],
)
def test_the_environment_goes_into_a_header_as_a_number_or_not_at_all(
    named: str, header: str
) -> None:
    assert task_header(named) == header


async def test_an_unusable_task_in_the_environment_is_said(
    project: Path, folder: Path, engine: EngineClient
) -> None:
    path = folder / "claude.py"
    path.write_text(client_text(project, "/claude-code"))
    event = json.dumps({"hook_event_name": "SubagentStart", "agent_type": "x"}).encode()

    for named in ("x", "9\r\nX-Evil: 1", "9" * 40):
        ran = await asyncio.to_thread(run, path, event, TASKSTART_TASK=named)

        context = json.loads(ran.stdout)["hookSpecificOutput"]["additionalContext"]
        assert "TASKSTART_TASK is not the number of a task" in context
        assert ran.stderr == b""


def test_wrong_settings_cost_no_agent_its_context(client: Path, project: Path) -> None:
    settings = project / "taskstart.toml"
    settings.write_text("pool_sise = 4\n")
    try:
        ran = run(client)
    finally:
        settings.unlink()

    assert (ran.returncode, b"**Task #7**" in ran.stdout) == (0, True)
    assert b"line 1: unknown setting 'pool_sise': assembling with the default" in ran.stderr


def test_it_imports_nothing_that_takes_time() -> None:
    tree = ast.parse(Path(client_script.__file__).read_text())
    imported = {
        name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    }

    assert imported == {"_socket", "posix", "time"}
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
