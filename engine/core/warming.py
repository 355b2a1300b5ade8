"""Preparing answers in the background, so that the next start finds a finished one."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from time import thread_time

from engine.clock import Clock
from engine.core.refreshing import Surveyed
from engine.core.request import OwnRoles, Request
from engine.core.starts import TaskStarts
from engine.core.storage_access import StorageAccess
from engine.storage.survey import Survey, make_survey

_RECENT = 256
_AT_ONCE = 16
"""Answers a step: one hop reads the rows of all, in about two milliseconds."""
_ORDER = (
    "SELECT id FROM tasks ORDER BY CASE status WHEN 'active' THEN 0 WHEN 'ready' THEN 1 "
    "WHEN 'draft' THEN 2 ELSE 3 END, id"
)
_OPEN_TASKS = "SELECT count(*) FROM tasks WHERE status IN ('active', 'ready', 'draft')"


class Warmer:
    """Brings answers up to date: active, ready, draft, recently used, then all other tasks.

    The work is done in steps of a few answers, so that it can stop at any time: for a waiting
    request, or because the CPU budget is spent.
    """

    def __init__(
        self,
        storage: StorageAccess,
        starts: TaskStarts,
        own_roles: OwnRoles,
        clock: Clock,
        capacity: int,
    ) -> None:
        """`capacity` is how many answers are worth preparing: those that memory keeps."""
        self._storage = storage
        self._starts = starts
        self._own_roles = own_roles
        self._clock = clock
        self._order: tuple[list[int], int] = ([], 0)
        self.capacity = capacity
        self._recent: dict[Request, None] = {}
        self._queue: deque[Request] = deque()
        self._surveying = asyncio.Lock()
        self.done = 0
        self.total = 0

    def used(self, request: Request) -> None:
        """Note a request, so that it is prepared before tasks that nobody asked for."""
        self._recent.pop(request, None)
        self._recent[request] = None
        if len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]

    async def survey(self) -> int:
        """Survey the database as it is now, unless that has been done; the epoch of the survey.

        Raises:
            DatabaseError: the database cannot be read.
        """
        async with self._surveying:
            epoch = await self._storage.sentinel.check()
            surveyed = self._starts.refresher.surveyed
            if surveyed is None or surveyed.epoch != epoch:
                await self._survey(epoch)
            return epoch

    async def plan(self) -> None:
        """Queue everything, in order; what proves current is passed over quickly.

        Raises:
            DatabaseError: the database cannot be read.
        """
        await self.survey()
        ids, open_tasks = self._order
        wanted = dict.fromkeys(Request(task_id, None) for task_id in ids[:open_tasks])
        wanted.update(dict.fromkeys(self._own_roles.key_of(one) for one in reversed(self._recent)))
        wanted.update(dict.fromkeys(self._own_roles.estranged()))
        wanted.update(dict.fromkeys(Request(task_id, None) for task_id in ids[open_tasks:]))
        chosen = list(wanted)[: self.capacity]
        self._starts.refresher.keep_only(chosen)
        self._queue = deque(chosen)
        self.done, self.total = 0, len(self._queue)

    async def _survey(self, epoch: int) -> None:
        loaded_at = self._clock.monotonic()
        survey, ids, open_tasks, cpu_s = await self._storage.run(_read_all)
        self._starts.refresher.take(Surveyed(survey, epoch, loaded_at), cpu_s)
        self._order = (ids, open_tasks)
        for task_id in ids:
            self._own_roles.note(task_id, survey.own_role(task_id))

    @property
    def pending(self) -> bool:
        """Whether anything is queued."""
        return bool(self._queue)

    async def step(self) -> bool:
        """Prepare the next answers that are not current; False when there was nothing to do.

        A task without an answer (missing, inactive agent) is passed over.

        Raises:
            DatabaseError: the database cannot be read.
        """
        while self._queue:
            chosen = [self._queue.popleft() for _ in range(min(_AT_ONCE, len(self._queue)))]
            self.done += len(chosen)
            if await self._starts.refresh(chosen):
                return True
        return False


def _read_all(connection: sqlite3.Connection) -> tuple[Survey, list[int], int, float]:
    """A survey, all tasks in the order of warming, how many are open, and seconds of CPU spent."""
    began = thread_time()
    survey = make_survey(connection)
    ids = [row[0] for row in connection.execute(_ORDER).fetchall()]
    open_tasks = connection.execute(_OPEN_TASKS).fetchone()[0]
    return survey, ids, open_tasks, thread_time() - began
