"""What tells that a file has changed, and that a path stays within the project."""

from __future__ import annotations

import os
from pathlib import PurePath
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
        return signature_of(os.stat(path))  # noqa: PTH116 - half the cost of Path.stat, paid on every start
    except (OSError, ValueError):
        return None


def leaves_by_name(relative: str) -> bool:
    """Whether a path that should be relative is absolute, or climbs by `..`."""
    path = PurePath(relative)
    return bool(path.anchor) or ".." in path.parts


def is_within(path: str, folder: str) -> bool:
    """Whether `path`, all links followed, is in `folder` or is it.

    Raises:
        OSError: the links cannot be followed.
    """
    real_folder = os.path.realpath(folder)
    return os.path.commonpath((os.path.realpath(path), real_folder)) == real_folder
