"""Ending an engine from outside, whoever began it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from engine.errors import ServiceError
from engine.service.locks import lock_holder

PATIENCE_S = 20.0
"""Longer than an engine that was told to end may take."""
_LOOK_EVERY_S = 0.05


def stop_engine(socket: Path, patience_s: float = PATIENCE_S) -> int | None:
    """Ask the engine at `socket` to end and wait until it has; its process, or None without one.

    Asked by a signal: that needs no room at its socket, and no turn among its consoles. Blocking.

    Raises:
        ServiceError: it does not end within `patience_s`, or may not be asked.
    """
    process = lock_holder(socket)
    if process is None:
        return None
    try:
        os.kill(process, signal.SIGTERM)
    except ProcessLookupError:
        return process
    except PermissionError as error:
        raise ServiceError(
            f"the engine (process {process}) is somebody else's", "ask them to end it"
        ) from error
    deadline = time.monotonic() + patience_s
    while lock_holder(socket) == process:
        if time.monotonic() > deadline:
            raise ServiceError(
                f"the engine (process {process}) has not ended within {patience_s:g} s",
                f"kill -9 {process}",
            )
        time.sleep(_LOOK_EVERY_S)
    return process
