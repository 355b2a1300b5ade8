"""Waiting for what no event tells of."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Return as soon as `condition` holds.

    Raises:
        TimeoutError: it did not come to hold in `seconds`.
    """
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - it may be in another process
            await asyncio.sleep(0.002)


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """As `until`, for tests of other processes that have no event loop of their own."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not come to hold in {seconds:g} s"
        time.sleep(0.02)


async def all_done(turns: int = 100) -> None:
    """Let the event loop do whatever is ready, and what becomes ready by that.

    For what must not happen: within one process nothing is ready any more after so many turns.
    """
    for _ in range(turns):
        await asyncio.sleep(0)
