"""Child processes do not outlive whoever began them."""

from __future__ import annotations

import asyncio
import sys

import pytest

from engine.children import end_child


async def deaf() -> asyncio.subprocess.Process:
    """A process that does not care that its standard input has ended."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "import threading; threading.Event().wait()"),
        stdin=asyncio.subprocess.PIPE,
    )


async def test_one_that_does_not_end_is_killed() -> None:
    process = await deaf()
    await end_child(process, 0.05)
    assert process.returncode == -9


async def test_nor_does_it_outlive_a_caller_who_is_cancelled() -> None:
    process = await deaf()
    ending = asyncio.create_task(end_child(process, 60.0))
    await asyncio.sleep(0)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert process.returncode == -9
