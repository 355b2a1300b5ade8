"""Why a connection to an engine is over, as far as who was connected can tell."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from engine.errors import ServiceError
from engine.service.launching import EngineProcess
from engine.service.locks import lock_holder

OVER_WITHIN_S = 1.0
"""How long after its connection an engine's process may take to be over."""
LOOK_AGAIN_S = 0.02


async def why_over(
    socket: Path | None,
    process: EngineProcess | None,
    broken: ServiceError | None,
    *,
    dismissed: bool,
) -> ServiceError:
    """What to say of a connection that has just ended.

    Args:
        socket: where the engine listened.
        process: the engine's process, if it is the caller's own.
        broken: what was wrong with the last message; it counts only while the engine goes on.
        dismissed: the engine said that it ends.
    """
    # The socket's end may be noticed before the process itself is over.
    if process is not None:
        await process.over(OVER_WITHIN_S)
        runs_on = process.alive
    else:
        runs_on = socket is not None and not dismissed and await _is_held(socket)
    if broken is not None and runs_on:
        return broken
    if dismissed:
        return ServiceError("the engine was told to end")
    if process is not None:
        return process.death()
    if runs_on:
        return ServiceError("the engine closed this connection")
    return ServiceError("the engine's process was killed, or has crashed")


async def _is_held(socket: Path) -> bool:
    """Whether an engine still owns the socket, some time after a connection's end."""
    deadline = time.monotonic() + OVER_WITHIN_S
    while lock_holder(socket) is not None:
        if time.monotonic() > deadline:
            return True
        # No event tells of a lock of another process.
        await asyncio.sleep(LOOK_AGAIN_S)
    return False
