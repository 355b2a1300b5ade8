"""The files in which the minutes before alerts are kept: their names, and how many there may be."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import count
from pathlib import Path

from engine.replay.run_file import run_path

MOST_FILES = 20
MOST_BYTES = 64 * 2**20
"""Of all of them together."""
_NAME = re.compile(r"before-alert-\d{8}-\d{6}(-\d+)?\.jsonl")
"""Nothing else in the folder is ever deleted."""


def new_alert_file(
    folder: Path, now: datetime, *, most_files: int = MOST_FILES, most_bytes: int = MOST_BYTES
) -> Path:
    """A free name in `folder`, after the oldest files have made room for one more; blocking.

    Raises:
        OSError: the folder cannot be made or read, or an old file cannot be deleted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _make_room(folder, most_files, most_bytes)
    base = f"before-alert-{now:%Y%m%d-%H%M%S}"
    names = (base if n == 1 else f"{base}-{n}" for n in count(1))
    return next(path for name in names if not (path := folder / f"{name}.jsonl").exists())


def _make_room(folder: Path, most_files: int, most_bytes: int) -> None:
    newest_first = sorted(
        (path for path in folder.iterdir() if _NAME.fullmatch(path.name)),
        key=lambda path: path.name,
        reverse=True,
    )
    total = 0
    for number, path in enumerate(newest_first, start=1):
        total += sum(_size(file) for file in (path, run_path(path)))
        if number >= most_files or total > most_bytes:
            path.unlink(missing_ok=True)
            run_path(path).unlink(missing_ok=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
