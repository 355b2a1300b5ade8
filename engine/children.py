"""Processes of one's own that work until their standard input ends."""

from __future__ import annotations

import asyncio
import contextlib
import sys

RUN_MODULE = (sys.executable, "-P", "-m")
"""How one of our modules is run as a program. Without `-P` Python would first look for it, and for
all that it imports, in the folder that the user stands in."""


async def end_child(process: asyncio.subprocess.Process, within_seconds: float) -> None:
    """Close the process's standard input and wait for it; kill it if it has not ended in time.

    Nor does it outlive a caller who is cancelled meanwhile.
    """
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(within_seconds):
            await process.wait()
    except TimeoutError:
        await _kill(process)
    except asyncio.CancelledError:
        await _kill(process)
        raise


async def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
        process.kill()
    await process.wait()
