"""What processes that ended without a word have left behind, removed by the next engine.

Only what belongs to nobody any more: of a private engine that is told by its console's process and
its lock, of scratch copies by a lock that the system releases when its holder dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

from engine.errors import ServiceError, TaskStartError
from engine.service.live import LiveEngine
from engine.service.locks import lock_holder

log = logging.getLogger(__name__)

_PRIVATE = re.compile(r"[0-9a-f]{16}-(?P<pid>\d+)\.(sock|lock|log|http)")
_KINDS = (".sock", ".lock", ".log", ".http")


def remove_private_files(socket: Path) -> None:
    """Remove the socket of an engine that has ended, and what lies beside it."""
    for kind in _KINDS:
        # What cannot be removed now is found by whoever starts the next engine.
        with contextlib.suppress(OSError):
            socket.with_suffix(kind).unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove the files of private engines that have ended, and their consoles with them.

    The console's process is in their names, the engine holds the lock: one of them alone could
    mislead, since process ids are used again and the lock is not held from the first moment on.
    """
    for path in folder.iterdir():
        match = _PRIVATE.fullmatch(path.name)
        if match is not None and not _runs(int(match["pid"])) and not _is_held(path):
            remove_private_files(path)


def _is_held(path: Path) -> bool:
    try:
        return lock_holder(path) is not None
    except ServiceError:
        return True  # not ours to judge


@contextlib.asynccontextmanager
async def tidying(live: LiveEngine) -> AsyncIterator[None]:
    """Remove the scratch copies that killed processes left, once `live` has opened."""
    task = asyncio.create_task(_tidy(live), name="tidying")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _tidy(live: LiveEngine) -> None:
    with contextlib.suppress(TaskStartError):
        # An engine that cannot be opened tells why itself; the rubbish can go all the same.
        await live.opened()
    # Replaying is off the way to the first snapshot.
    from engine.replay.scratch import remove_leftovers as remove_scratch_copies

    try:
        await asyncio.to_thread(remove_scratch_copies)
    except Exception:
        # Rubbish is no reason for an engine to end.
        log.exception("leftovers could not be removed")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
