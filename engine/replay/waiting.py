"""Waiting for work that cannot be broken off."""

from __future__ import annotations

import asyncio
from typing import TypeVar

_T = TypeVar("_T")


async def to_the_end(task: asyncio.Future[_T]) -> _T:
    """Await `task` to its end, and only then give way to a cancellation that came meanwhile.

    Work in a thread goes on whoever stops waiting for it: what follows must not overtake it.
    """
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
