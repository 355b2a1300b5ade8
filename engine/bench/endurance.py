"""`python -m engine.bench.endurance`: agents, a writer and a console on one engine, for minutes.

Requests are sent at a steady rate whether or not earlier ones have been answered, and their
latency counts from when they were due. Another process commits all the while; an answer that lacks
what had been committed when its request was sent is stale. A console under a pseudo-terminal draws.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
import msgspec
import psutil

from engine.bench.asking import ask_fresh
from engine.bench.committing import Stage, committing, shown_revision
from engine.bench.samples import Summary, summarize
from engine.bench.terminal import CONSOLE_FRAME, Terminal, own_folders
from engine.demo import ensure_demo
from engine.errors import ServiceError
from engine.service.client import EngineClient
from engine.service.launching import EngineTarget
from engine.service.messages import EngineState, Snapshot
from engine.service.paths import hook_socket_path, socket_path

_CONNECTIONS = 16
"""Requests that can be under way at once; more wait, and their waiting counts."""
_PROGRAM = (sys.executable, "-c", "from engine.cli.main import main; main()")
_READY_WITHIN_S = 60.0
_ANSWER_WITHIN_S = 10.0
_MEMORY_EVERY_S = 1.0


class Endurance(msgspec.Struct, kw_only=True, frozen=True):
    """What came of it."""

    seconds: float
    requests: int
    failures: int
    stale: int
    compared: int
    """Answers of tasks that the writer changes; the others cannot be stale."""
    commits: int
    latency: Summary
    """Milliseconds from when a request was due until its answer was there."""
    memory_mb: list[float]
    """Resident memory of the engine, second by second."""

    def as_text(self) -> str:
        """For a person."""
        seconds, latency = self.seconds, self.latency
        half = self.memory_mb[len(self.memory_mb) // 2 :]
        return "\n".join(
            [
                f"{self.requests:,} requests in {seconds:.0f} s ({self.requests / seconds:.0f}/s),"
                f" {self.commits / seconds:.1f} commits/s beside them, a console attached",
                f"failures {self.failures}, stale {self.stale} of {self.compared:,} compared",
                f"latency from the due moment, ms: p50 {latency.p50:.2f}  p95 {latency.p95:.2f}"
                f"  p99 {latency.p99:.2f}",
                f"engine's memory: {self.memory_mb[0]:.1f} MB at first, {half[0]:.1f} half-way,"
                f" {half[-1]:.1f} at the end;"
                f" slope of the second half {slope(half) * 60:+.2f} MB a minute",
            ]
        )


def slope(values: list[float]) -> float:
    """By how much the values rise from one to the next, by least squares."""
    n = len(values)
    if n < 2:
        return 0.0
    middle, mean = (n - 1) / 2, sum(values) / n
    across = sum((index - middle) * (value - mean) for index, value in enumerate(values))
    return across / sum((index - middle) ** 2 for index in range(n))


@dataclass(slots=True)
class _Counts:
    latencies_ms: list[float] = field(default_factory=list)
    failures: int = 0
    stale: int = 0
    compared: int = 0


class _Load:
    """Requests at a steady rate over a few kept connections."""

    def __init__(
        self, socket: Path, written: Stage, tasks: Sequence[int], rate: float, total: int
    ) -> None:
        self._socket = socket
        self._stage = written
        self._rate = rate
        self._total = total
        self._next = 0
        self._places = {task: place for place, task in enumerate(written.tasks)}
        self._asked = random.Random(11).choices(tasks, k=4_096)
        self.counts = _Counts()
        self._began = 0.0

    async def run(self) -> None:
        """Send them all, and wait for the last answer."""
        self._began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(_CONNECTIONS):
                group.create_task(self._call_on())

    async def _call_on(self) -> None:
        reader, writer = await asyncio.open_unix_connection(str(self._socket))
        try:
            while self._next < self._total:
                number, self._next = self._next, self._next + 1
                due = self._began + number / self._rate
                await asyncio.sleep(due - time.perf_counter())
                await self._call(reader, writer, number, due)
        finally:
            writer.close()

    async def _call(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        number: int,
        due: float,
    ) -> None:
        # Every fourth asks for a task that is being written to.
        written = self._stage.tasks
        task = written[number // 4 % len(written)] if number % 4 == 0 else self._of(number)
        place = self._places.get(task)
        committed = self._stage.board.revision(place) if place is not None else 0
        writer.write(_request(task))
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            answer = await reader.readexactly(length)
        counts = self.counts
        counts.latencies_ms.append((time.perf_counter() - due) * 1000)
        if not head.startswith(b"HTTP/1.1 200 "):
            counts.failures += 1
        elif place is not None:
            counts.compared += 1
            counts.stale += shown_revision(answer.decode()) < committed

    def _of(self, number: int) -> int:
        return self._asked[number % len(self._asked)]


def _request(task: int) -> bytes:
    body = json.dumps({"task_id": task, "agent_role": None, "session_id": "load"}).encode()
    return b"POST /taskstart HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


def _answerable(socket: Path, tasks: int) -> list[int]:
    """The tasks that have an answer: the demo also holds an inactive agent and a missing task."""
    return [
        task
        for task in range(1, tasks + 1)
        if ask_fresh(socket, _request(task)).startswith(b"HTTP/1.1 200 ")
    ]


async def measure_endurance(seconds: float, rate: float, commits: float) -> Endurance:
    """On a scratch copy of the demo project, with processes of its own.

    Raises:
        TaskStartError: the engine or the console could not be started.
    """
    demo = await asyncio.to_thread(ensure_demo)
    async with committing(demo, "delete", "full", commits) as written, _engine(written.root) as one:
        with _console(written.root):
            tasks = await asyncio.to_thread(_answerable, one.hooks, one.tasks)
            load = _Load(one.hooks, written, tasks, rate, round(seconds * rate))
            before, began = written.commits, time.perf_counter()
            memory: list[float] = []
            watching = asyncio.create_task(_watch(one.process, memory), name="memory")
            try:
                await load.run()
            finally:
                watching.cancel()
            took = time.perf_counter() - began
        counts = load.counts
        return Endurance(
            seconds=took,
            requests=len(counts.latencies_ms),
            failures=counts.failures,
            stale=counts.stale,
            compared=counts.compared,
            commits=written.commits - before,
            latency=summarize(counts.latencies_ms),
            memory_mb=memory,
        )


@dataclass(frozen=True, slots=True)
class _Engine:
    process: psutil.Process
    hooks: Path
    tasks: int


@asynccontextmanager
async def _engine(root: Path) -> AsyncIterator[_Engine]:
    """An engine of its own process, once it has prepared its answers."""
    command = (*_PROGRAM, "serve", "--project", str(root))
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=nowhere, stderr=nowhere)
    try:
        tasks = await _ready(root)
        socket = hook_socket_path(socket_path(root))
        yield _Engine(psutil.Process(process.pid), socket, tasks)
    finally:
        process.terminate()
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            await process.wait()


async def _ready(root: Path) -> int:
    """Wait until the engine has prepared its answers; how many tasks there are."""
    async with asyncio.timeout(_READY_WITHIN_S):
        client = EngineClient(EngineTarget(root, attach_only=True))
        while True:
            try:
                await client.open()
                break
            except ServiceError:  # it does not listen yet
                await asyncio.sleep(0.1)
        try:
            async for message in client.messages():
                if isinstance(message, Snapshot) and message.engine is EngineState.READY:
                    return message.project.tasks
        finally:
            await client.close()
    raise ServiceError("the engine ended before it was ready")


@contextmanager
def _console(root: Path) -> Iterator[None]:
    terminal = Terminal([*_PROGRAM, "--attach", "--project", str(root)])
    try:
        terminal.seconds_until(CONSOLE_FRAME)
        terminal.drain()
        yield
    finally:
        terminal.end()


async def _watch(process: psutil.Process, memory: list[float]) -> None:
    while True:
        memory.append(process.memory_info().rss / 1e6)
        await asyncio.sleep(_MEMORY_EVERY_S)


@click.command()
@click.option("--minutes", default=10.0, show_default=True)
@click.option("--rate", default=500.0, show_default=True, help="Requests a second.")
@click.option("--commits", default=20.0, show_default=True, help="Commits a second.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(minutes: float, rate: float, commits: float, as_json: bool) -> None:
    """Keep one engine under load and say what came of it; exits 1 on a failed or stale answer."""
    with own_folders() as environment:
        os.environ.update(environment)
        found = asyncio.run(measure_endurance(minutes * 60.0, rate, commits))
    click.echo(msgspec.json.encode(found) if as_json else found.as_text())
    sys.exit(1 if found.failures or found.stale else 0)


if __name__ == "__main__":
    main()
