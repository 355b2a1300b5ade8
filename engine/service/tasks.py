"""A group of tasks whose owner's own failure comes out as itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """An `asyncio.TaskGroup` for use inside other context managers.

    The plain one wraps an exception of its body into an ExceptionGroup, which a caller two
    contexts further out, who knows of no tasks, would not catch. The body must see to it that its
    tasks end.
    """
    failure: Exception | None = None
    async with asyncio.TaskGroup() as tasks:
        try:
            yield tasks
        except Exception as error:  # noqa: BLE001 - raised again below
            failure = error
    if failure is not None:
        raise failure
