"""A workload as the accesses of a cache of answers, for forecasts.

A key is a task and a role. A TaskStart reads its key (`r`). A write that changes a value that the
key's answer is made of invalidates it (`w`); every other commit leaves no trace. For staleness
under a TTL alone the same writes are the ones after which an answer is out of date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from engine.replay.events import Op, WorkloadEvent
from engine.storage.rows import AGENT_COLUMNS, RULE_COLUMNS

Key = tuple[int, str | None]
"""Task id, role as asked for (None: the task's own)."""


class Access(NamedTuple):
    """One access. `t` is in seconds."""

    t: float
    key: Key
    op: Literal["r", "w"]


@dataclass(frozen=True, slots=True)
class ProjectLinks:
    """What a workload does not tell of its project. What is unknown counts as touched."""

    work_item_of: Mapping[int, int] = field(default_factory=dict)
    """Task id -> work item id."""
    assigned_to: Mapping[int, str | None] = field(default_factory=dict)
    """Task id -> its own role at the workload's beginning."""


def accesses(
    events: Iterable[WorkloadEvent], links: ProjectLinks | None = None
) -> Iterator[Access]:
    """The accesses of a workload, in its order.

    A write is listed once for each key that was read since the key's last listed write: any
    other could neither remove an entry nor make one older.
    """
    current: dict[int, dict[Key, bool]] = {}
    """By task, every key that was read -> whether it has been read since its last write."""
    touch = _Touch(links or ProjectLinks())
    for event in events:
        if event.op is Op.TASKSTART:
            if event.task_id is not None:
                key = (event.task_id, event.agent_role)
                current.setdefault(event.task_id, {})[key] = True
                yield Access(event.t, key, "r")
            continue
        touched = touch.by(event)
        if touched is None:
            continue
        tasks = current.values() if touched.task_id is None else [current.get(touched.task_id, {})]
        for keys in tasks:
            for key, is_current in keys.items():
                if is_current and touched.test(key):
                    keys[key] = False
                    yield Access(event.t, key, "w")


def _every(key: Key) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class _Touched:
    """The keys that a write touches."""

    test: Callable[[Key], bool] = _every
    task_id: int | None = None
    """The one task that they belong to; None when there may be several."""


class _Touch:
    """Tells which keys a write touches; follows changes of assignments on the way."""

    def __init__(self, links: ProjectLinks) -> None:
        self._work_item_of = dict(links.work_item_of)
        self._assigned_to = dict(links.assigned_to)

    def by(self, event: WorkloadEvent) -> _Touched | None:
        """The keys; None for an event that changes no delivered value."""
        changes = event.written
        match event.op:
            case Op.TASK_UPDATE | Op.TASK_CREATE if changes:
                self._follow(event)
                return self._of_task(event.task_id)
            case Op.WORK_ITEM_UPDATE if changes:
                return self._of_work_item(event.work_item_id)
            case Op.CONTEXT_UPDATE if changes:
                return self._of_context(event)
            case Op.SUMMARY_ADD:
                work_item = event.work_item_id
                if work_item is None and event.task_id is not None:
                    work_item = self._work_item_of.get(event.task_id)
                return self._of_work_item(work_item)
            case Op.AGENT_UPDATE if changes & set(AGENT_COLUMNS):
                return self._of_role(event.agent_role)
            case Op.RULE_UPDATE if changes & set(RULE_COLUMNS):
                return _Touched()
            case Op.SOP_WRITE:
                return self._of_sop(event)
            case _:
                return None

    def _follow(self, event: WorkloadEvent) -> None:
        changes = event.changes or {}
        if event.task_id is None:
            return
        if "assigned_to" in changes:
            self._assigned_to[event.task_id] = changes["assigned_to"]
        if "work_item_id" in changes:
            self._work_item_of[event.task_id] = changes["work_item_id"]

    def _of_task(self, task_id: int | None) -> _Touched:
        return _Touched(task_id=task_id)

    def _of_work_item(self, work_item_id: int | None) -> _Touched:
        if work_item_id is None:
            return _Touched()
        return _Touched(lambda key: self._work_item_of.get(key[0], work_item_id) == work_item_id)

    def _of_context(self, event: WorkloadEvent) -> _Touched:
        if event.task_id is not None:
            return self._of_task(event.task_id)
        return self._of_work_item(event.work_item_id)

    def _of_role(self, role: str | None) -> _Touched:
        def touched(key: Key) -> bool:
            task_id, asked = key
            # The task's own role decides its rules even when another role is asked for.
            own = self._assigned_to.get(task_id, None if asked else role)
            return role in (asked, own)

        return _Touched(touched)

    def _of_sop(self, event: WorkloadEvent) -> _Touched:
        role = event.agent_role
        if role is None and event.path is not None:
            path = PurePosixPath(event.path)
            if path.suffix == ".md" and path.is_relative_to(".claude/agents"):
                role = str(path.relative_to(".claude/agents"))[: -len(".md")]
        if role is None:
            return _Touched()
        return _Touched(lambda key: role == (key[1] or self._assigned_to.get(key[0], role)))
