"""Processes of one's own that work until their standard input ends."""

from __future__ import annotations

import asyncio


async def end_child(process: asyncio.subprocess.Process, within_seconds: float) -> None:
    """Close the process's standard input and wait for it; kill it if it has not ended in time."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(within_seconds):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
