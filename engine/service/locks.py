"""One engine per socket: a lock that the system releases when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from engine.errors import ServiceError


class EngineRunningError(ServiceError):
    """Another live engine has this socket."""

    code = "engine_running"


@contextlib.contextmanager
def socket_lock(socket: Path) -> Iterator[None]:
    """Own `socket` for as long as the context lasts; a stale socket file is removed first.

    The lock is `flock` on a file beside the socket: unlike a pid file it cannot go stale, not
    even by kill -9. The file itself stays, since removing it would race with the next holder.

    Raises:
        EngineRunningError: a live engine holds it.
        ServiceError: the lock's file cannot be opened.
    """
    path = socket.with_suffix(".lock")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _unopened(path, error) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise EngineRunningError(
                f"an engine already runs for this project (process {_holder(handle)})",
                "`taskstart` attaches to it",
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        socket.unlink(missing_ok=True)
        try:
            yield
        finally:
            socket.unlink(missing_ok=True)
    finally:
        os.close(handle)


def lock_holder(socket: Path) -> int | None:
    """The process that owns `socket`; None when none does.

    Raises:
        ServiceError: the lock's file cannot be opened.
    """
    path = socket.with_suffix(".lock")
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unopened(path, error) from error
    try:
        # Shared, so that two who look do not take each other for a holder.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        holder = _holder(handle)
        return int(holder) if holder.isdigit() else None
    finally:
        os.close(handle)
    return None


def _unopened(path: Path, error: OSError) -> ServiceError:
    return ServiceError(
        f"the engine's lock cannot be opened: {path} ({error.strerror})",
        "set XDG_RUNTIME_DIR to a folder of your own",
    )


def _holder(handle: int) -> str:
    return os.pread(handle, 32, 0).decode("ascii", "replace") or "unknown"
