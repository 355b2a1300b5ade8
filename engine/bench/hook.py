"""What being called costs: the installed client's whole process, and HTTP, beside their floors.

Every way is measured in turn in one run, so that a busy moment of the machine meets all of them.
The engine runs in a process of its own, warm, as agents find it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from time import perf_counter

import msgspec

from engine.bench.asking import ask_fresh, ask_together, connected, exchange
from engine.bench.bare_server import bare_server
from engine.bench.budget import Progress
from engine.bench.machine import Machine, this_machine
from engine.bench.samples import Summary, summarize
from engine.core.project import DATABASE
from engine.errors import TaskStartError
from engine.hook.installation import base_python, client_text
from engine.service.launching import EngineProcess, EngineTarget
from engine.service.messages import EngineState
from engine.service.paths import hook_socket_path, socket_path
from engine.storage.connection import connect, journal_mode

ROUNDS, QUICK_ROUNDS = 200, 30
AT_ONCE = 8
_REQUESTS_A_ROUND = 10
_WARM_WITHIN_S = 60.0
_LOOK_S = 0.05
_HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"

FLOOR = "python -I -S -c pass"
CLIENT = "installed client, whole process"
TOGETHER = f"{AT_ONCE} installed clients at once, the last one"
FRESH = "HTTP, fresh connection"
KEPT = "HTTP, kept connection"
ASKED_TOGETHER = f"HTTP, {AT_ONCE} fresh at once, the last one"
_BARE = ": a bare server"
FRESH_FLOOR = f"  its floor{_BARE}"
KEPT_FLOOR = f"  its floor on a kept one{_BARE}"
TOGETHER_FLOOR = f"  the floor of {AT_ONCE}{_BARE}"
WAYS = (
    FLOOR,
    CLIENT,
    TOGETHER,
    FRESH,
    FRESH_FLOOR,
    KEPT,
    KEPT_FLOOR,
    ASKED_TOGETHER,
    TOGETHER_FLOOR,
)
"""In the order of the report."""


class HookBench(msgspec.Struct, frozen=True):
    """Milliseconds of each way of asking."""

    machine: Machine
    journal_mode: str
    """In rollback-journal modes an answer is proven current in another way than in WAL mode."""
    answer_bytes: int
    ways: dict[str, Summary]

    def as_text(self) -> str:
        """For a person."""
        machine = self.machine
        lines = [f"{machine.cpu}, {machine.cores} cores, Python {machine.python}"]
        if machine.busy:
            lines.append(
                "the machine was busy with other work: the figures are worse than they are"
            )
        lines.append(
            f"answers of {self.answer_bytes:,} bytes, the engine warm, the database in"
            f" {self.journal_mode} mode; native; milliseconds"
        )
        lines.append(f"{'':44}{'n':>6}{'p50':>9}{'p95':>9}{'p99':>9}")
        for name, one in self.ways.items():
            figures = "".join(_figure(value) for value in (one.p50, one.p95, one.p99))
            lines.append(f"{name:44}{one.n:>6}{figures}")
        lines += ["", *self._ratios()]
        return "\n".join(lines)

    def as_json(self) -> bytes:
        """For a program."""
        return msgspec.json.encode(self)

    def _ratios(self) -> list[str]:
        pairs = (
            (CLIENT, FLOOR, "at most 1.3 is wanted"),
            (TOGETHER, CLIENT, f"at most {AT_ONCE} is wanted"),
            (FRESH, FRESH_FLOOR, "a bare server on the same event loop, with the same bytes"),
            (KEPT, KEPT_FLOOR, "the same"),
            (ASKED_TOGETHER, FRESH, f"at most {AT_ONCE} is wanted"),
        )
        made = []
        for name, base, wanted in pairs:
            above, below = self.ways[name].p50, self.ways[base].p50
            if above is not None and below:
                shown = "its floor" if _BARE in base else base
                made.append(f"{name} / {shown}: {above / below:.2f} ({wanted})")
        for name in (FRESH, KEPT):
            p50, p99 = self.ways[name].p50, self.ways[name].p99
            if p50 and p99 is not None:
                made.append(f"{name}, p99 / p50: {p99 / p50:.1f} (at most 5 is wanted)")
        return made


def _figure(value: float | None) -> str:
    return f"{'–':>9}" if value is None else f"{value:9.2f}"


async def measure_hook(root: Path, *, rounds: int = ROUNDS, progress: Progress) -> HookBench:
    """Measure on the project at `root`.

    Raises:
        TaskStartError: the project cannot be read or the engine cannot be started.
    """
    async with _warm_engine(root) as (socket_path, task_id):
        return await asyncio.to_thread(_measure, root, socket_path, task_id, rounds, progress)


@asynccontextmanager
async def _warm_engine(root: Path) -> AsyncIterator[tuple[Path, int]]:
    """An engine of our own; its hooks' socket, and a task to ask for.

    No console is attached, whose figures it would have to make, and this process to take.
    """
    console = socket_path(root, private=True)
    hooks = hook_socket_path(console)
    process = EngineProcess.spawn(EngineTarget(root, private=True), console)
    try:
        await process.ready()
        try:
            async with asyncio.timeout(_WARM_WITHIN_S):
                await _until_ready(hooks)
        except (TimeoutError, ConnectionError):
            if not process.alive:
                raise process.death() from None
            raise _not_ready(f"has not prepared its answers within {_WARM_WITHIN_S:g} s") from None
        yield hooks, await asyncio.to_thread(_some_task, root)
    finally:
        await process.end()


async def _until_ready(hooks: Path) -> None:
    while True:
        answer = await asyncio.to_thread(ask_fresh, hooks, _HEALTH)
        state = json.loads(answer.partition(b"\r\n\r\n")[2])["state"]
        if state == EngineState.READY.value:
            return
        if state == EngineState.FAILED.value:
            raise _not_ready("cannot read the project")
        await asyncio.sleep(_LOOK_S)


def _not_ready(what: str) -> TaskStartError:
    return TaskStartError(f"the engine {what}", "open the project with `taskstart` to see why")


def _some_task(root: Path) -> int:
    with closing(connect(root / DATABASE, busy_timeout=2.0)) as connection:
        row = connection.execute("SELECT id FROM tasks ORDER BY status = 'done', id").fetchone()
    return int(row[0])


def _journal_mode(root: Path) -> str:
    with closing(connect(root / DATABASE, busy_timeout=2.0)) as connection:
        return journal_mode(connection)


def _measure(root: Path, path: Path, task_id: int, rounds: int, progress: Progress) -> HookBench:
    body = json.dumps({"task_id": task_id, "agent_role": None, "session_id": "bench"}).encode()
    request = b"POST /taskstart HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )
    answer = ask_fresh(path, request)
    with tempfile.TemporaryDirectory(prefix="taskstart-bench-") as folder:
        script = Path(folder) / "client.py"
        script.write_text(client_text(root, "/taskstart", socket=path))
        bare = Path(folder) / "bare"
        with (
            bare_server(bare, answer),
            closing(connected(path)) as kept,
            closing(connected(bare)) as bare_kept,
        ):
            python = [base_python(), "-I", "-S"]
            often: dict[str, Callable[[], object]] = {
                FRESH: lambda: ask_fresh(path, request),
                FRESH_FLOOR: lambda: ask_fresh(bare, request),
                KEPT: lambda: exchange(kept, request),
                KEPT_FLOOR: lambda: exchange(bare_kept, request),
            }
            once: dict[str, Callable[[], object]] = {
                FLOOR: lambda: _run([*python, "-c", "pass"], b""),
                CLIENT: lambda: _run([*python, str(script)], body),
                ASKED_TOGETHER: lambda: ask_together(path, request, AT_ONCE),
                TOGETHER_FLOOR: lambda: ask_together(bare, request, AT_ONCE),
            }
            samples: dict[str, list[float]] = {name: [] for name in WAYS}
            for number in range(rounds):
                progress(f"round {number + 1} of {rounds}")
                for name, work in once.items():
                    samples[name].append(_timed(work))
                for _ in range(_REQUESTS_A_ROUND):
                    for name, work in often.items():
                        samples[name].append(_timed(work))
                if number % AT_ONCE == 0:
                    samples[TOGETHER].append(
                        _timed(lambda: _run_together([*python, str(script)], body))
                    )
    ways = {name: summarize(values) for name, values in samples.items()}
    size = len(answer.partition(b"\r\n\r\n")[2])
    return HookBench(this_machine(), _journal_mode(root), size, ways)


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = perf_counter()
    work()
    return (perf_counter() - began) * 1e3


def _run(command: list[str], data: bytes) -> None:
    subprocess.run(command, input=data, stdout=subprocess.DEVNULL, check=True)


def _run_together(command: list[str], data: bytes) -> None:
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        for _ in range(AT_ONCE)
    ]
    for process in processes:
        process.communicate(data)
