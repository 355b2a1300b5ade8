"""Files of private engines whose console has gone without a word."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

_PRIVATE = re.compile(r"[0-9a-f]{16}-(?P<pid>\d+)\.(sock|lock|log|http)")
_KINDS = (".sock", ".lock", ".log", ".http")


def remove_private_files(socket: Path) -> None:
    """Remove the socket of an engine that has ended, and what lies beside it."""
    for kind in _KINDS:
        # What cannot be removed now is found by whoever starts the next engine.
        with contextlib.suppress(OSError):
            socket.with_suffix(kind).unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove the files of private engines whose console (in their names) runs no more.

    Their engines have ended too, since an owned engine ends with its console.
    """
    for path in folder.iterdir():
        match = _PRIVATE.fullmatch(path.name)
        if match is not None and not _runs(int(match["pid"])):
            remove_private_files(path)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
