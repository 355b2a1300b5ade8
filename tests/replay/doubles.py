"""Stand-ins for the engine, the writer and the wall, that tests of the player direct."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.clock import VirtualClock
from engine.replay.events import Op, WorkloadEvent
from engine.replay.player import Player
from engine.replay.workload import Workload, WorkloadHeader
from engine.trace import Trace

MS = 1_000_000
S = 1_000_000_000


class Wall:
    """Time that passes only when somebody waits for it, or by `spend`."""

    def __init__(self) -> None:
        self.ns = 7 * S

    def now_ns(self) -> int:
        return self.ns

    def spend(self, ns: int) -> None:
        self.ns += ns

    async def wait(self, until_ns: int, wake: asyncio.Event, *, exact: bool) -> None:
        await asyncio.sleep(0)
        if not wake.is_set():
            self.ns = max(self.ns, until_ns)


@dataclass
class Answer:
    trace: Trace


@dataclass
class Sent:
    """What the engine was asked, and when."""

    task_id: int
    agent_role: str | None
    intended_ns: int
    virtual_s: float


@dataclass
class Engine:
    """Remembers what it was asked; `answer` decides what comes of it."""

    clock: VirtualClock
    log: list[str]
    sent: list[Sent] = field(default_factory=list)
    hold: dict[int, asyncio.Event] = field(default_factory=dict)
    """Starts of these tasks are answered when the event is set."""
    fail: Callable[[int], Exception | None] = lambda task_id: None

    async def task_start(
        self,
        task_id: int,
        agent_role: str | None = None,
        *,
        intended_ns: int | None = None,
        source: str = "api",
    ) -> Answer:
        assert source == "replay"
        assert intended_ns is not None
        self.sent.append(Sent(task_id, agent_role, intended_ns, self.clock.monotonic()))
        self.log.append(f"start {task_id}")
        if task_id in self.hold:
            await self.hold[task_id].wait()
        if error := self.fail(task_id):
            raise error
        self.log.append(f"answer {task_id}")
        return Answer(Trace(task_id, agent_role, total_ns=MS, warm=task_id % 2 == 0))


@dataclass
class Writer:
    """Remembers what was written; `during` runs within each write."""

    log: list[str]
    during: Callable[[WorkloadEvent], None] = lambda event: None

    async def apply(self, event: WorkloadEvent) -> bool:
        self.log.append(f"write {event.task_id}")
        self.during(event)
        await asyncio.sleep(0)
        self.log.append(f"written {event.task_id}")
        return True


@dataclass
class Stage:
    """A player with its stand-ins."""

    player: Player
    engine: Engine
    writer: Writer
    wall: Wall
    clock: VirtualClock
    log: list[str]
    settings: list[tuple[dict[str, Any], str, bool]]


def start(t: float, task_id: int, role: str | None = None) -> WorkloadEvent:
    return WorkloadEvent(t=t, op=Op.TASKSTART, task_id=task_id, agent_role=role)


def update(t: float, task_id: int) -> WorkloadEvent:
    return WorkloadEvent(t=t, op=Op.TASK_UPDATE, task_id=task_id, changes={"priority": 1})


def setting(t: float, label: str = "", **changes: object) -> WorkloadEvent:
    return WorkloadEvent(t=t, op=Op.SETTING, label=label, changes=dict(changes))


def note(t: float, text: str) -> WorkloadEvent:
    return WorkloadEvent(t=t, op=Op.NOTE, text=text)


def make_stage(
    *events: WorkloadEvent, header: WorkloadHeader | None = None, **options: Any
) -> Stage:
    log: list[str] = []
    clock, wall = VirtualClock(), Wall()
    engine, writer = Engine(clock, log), Writer(log)
    changed: list[tuple[dict[str, Any], str, bool]] = []

    async def change(changes: Mapping[str, Any], label: str, clear_caches: bool) -> None:
        changed.append((dict(changes), label, clear_caches))
        log.append(f"setting {label}")

    options.setdefault("change_settings", change)
    workload = Workload(list(events), header or WorkloadHeader(), "test")
    player = Player(engine, writer, workload, clock, wall=wall, **options)
    return Stage(player, engine, writer, wall, clock, log, changed)
