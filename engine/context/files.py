"""What tells that a file has changed, and that a path stays within the project.

Paths are text, not `Path`: these functions run on every TaskStart, and a `Path` costs several times
what the system call does.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple


class FileSignature(NamedTuple):
    """What moves when a file is written, replaced or swapped. Times are nanoseconds."""

    mtime_ns: int
    ctime_ns: int
    size: int
    ino: int
    dev: int


def signature_of(status: os.stat_result) -> FileSignature:
    """The signature in a stat result."""
    return FileSignature(
        status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev
    )


def signature(path: str | os.PathLike[str]) -> FileSignature | None:
    """The signature of what `path` leads to, links followed; None where it cannot be looked at."""
    try:
        return signature_of(os.stat(path))  # noqa: PTH116
    except (OSError, ValueError):
        return None


def join(root: str, relative: str) -> str:
    """The path of `relative` in the folder `root`."""
    return os.path.join(root, relative)  # noqa: PTH118


def relative_path(text: str) -> str | None:
    """A relative path in its plain form; None for one that is absolute or climbs by `..`."""
    drive, path = os.path.splitdrive(text)
    parts = [part for part in path.replace(os.sep, "/").split("/") if part not in ("", ".")]
    if drive or os.path.isabs(path) or ".." in parts:  # noqa: PTH117
        return None
    return "/".join(parts)


def real_path_within(root: str, relative: str) -> str | None:
    """The path without links of `relative` in the folder `root`; None where a link leads out of it.

    Raises:
        OSError: a part of the path does not exist or cannot be looked at, or links go in a circle.
        ValueError: no file can have such a name.
    """
    plain = relative_path(relative)
    if plain is None:
        return None
    path = root
    for part in plain.split("/") if plain else ():
        path = join(path, part)
        if stat.S_ISLNK(os.lstat(path).st_mode):
            return _resolve(root, join(root, plain))
    return path


def _resolve(root: str, path: str) -> str | None:
    real_root = os.path.realpath(root)
    real_path = os.path.realpath(path, strict=True)
    return real_path if os.path.commonpath((real_path, real_root)) == real_root else None
