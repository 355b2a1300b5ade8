"""Preparing answers in the background, so that the next start finds a finished one."""

from __future__ import annotations

import asyncio
from collections import deque
from time import perf_counter

from engine.core.request import Request
from engine.core.starts import TaskStarts
from engine.core.storage_access import StorageAccess
from engine.errors import TaskStartError

_RECENT = 256
_ORDER = (
    "SELECT id FROM tasks ORDER BY CASE status WHEN 'active' THEN 0 WHEN 'ready' THEN 1 "
    "WHEN 'draft' THEN 2 ELSE 3 END, id"
)
_OPEN_TASKS = "SELECT count(*) FROM tasks WHERE status IN ('active', 'ready', 'draft')"


class Warmer:
    """Brings answers up to date: active, ready, draft, recently used, then all other tasks.

    The work is done in steps of one answer, so that it can stop at any time: for a waiting
    request, or because the CPU budget is spent.
    """

    def __init__(self, storage: StorageAccess, starts: TaskStarts, capacity: int) -> None:
        """`capacity` is how many answers are worth preparing: those that memory keeps."""
        self._storage = storage
        self._starts = starts
        self.capacity = capacity
        self._recent: dict[Request, None] = {}
        self._queue: deque[Request] = deque()
        self.done = 0
        self.total = 0

    def used(self, request: Request) -> None:
        """Note a request, so that it is prepared before tasks that nobody asked for."""
        self._recent.pop(request, None)
        self._recent[request] = None
        if len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]

    async def plan(self) -> None:
        """Queue everything, in order; what proves current is passed over quickly.

        Raises:
            DatabaseError: the database cannot be read.
        """
        ids, open_tasks = await self._storage.run(
            lambda connection: (
                [row[0] for row in connection.execute(_ORDER).fetchall()],
                connection.execute(_OPEN_TASKS).fetchone()[0],
            )
        )
        wanted = dict.fromkeys(Request(task_id, None) for task_id in ids[:open_tasks])
        wanted.update(dict.fromkeys(reversed(self._recent)))
        wanted.update(dict.fromkeys(Request(task_id, None) for task_id in ids[open_tasks:]))
        self._queue = deque(list(wanted)[: self.capacity])
        self.done, self.total = 0, len(self._queue)

    @property
    def pending(self) -> bool:
        """Whether anything is queued."""
        return bool(self._queue)

    async def step(self) -> bool:
        """Prepare the next answer that is not current; False when the queue is empty.

        A task without an answer (missing, inactive agent) is passed over.
        """
        while self._queue:
            request = self._queue.popleft()
            self.done += 1
            try:
                if await self._starts.refresh(request):
                    return True
            except TaskStartError:
                continue
        return False

    async def work_for(self, seconds: float) -> None:
        """Prepare answers for at most so many real seconds."""
        end = perf_counter() + seconds
        while perf_counter() < end:
            if not await self.step():
                return
            await asyncio.sleep(0)
