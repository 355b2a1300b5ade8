"""Where an import may write its workload, so that nothing else is ever overwritten."""

from __future__ import annotations

import gzip
import stat
import zlib
from pathlib import Path

import msgspec

from engine.errors import WorkloadError

_SUFFIXES = (".jsonl", ".jsonl.gz")
_LONGEST_FIRST_LINE = 64 * 1024


def check_target(path: Path, *, force: bool) -> None:
    """Make sure that a workload may be written to `path`.

    Raises:
        WorkloadError: its name is no workload's, or there is something that must not be replaced.
    """
    if not path.name.endswith(_SUFFIXES):
        raise WorkloadError(
            f"{path}: a workload's name ends with .jsonl or .jsonl.gz", "choose another name"
        )
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise WorkloadError(
            f"{path}: cannot be written ({error.strerror})", "choose another place"
        ) from error
    if not stat.S_ISREG(mode):
        raise WorkloadError(f"{path}: is not a regular file", "choose another name")
    if not force:
        raise WorkloadError(f"{path}: exists already", "choose another name, or add --force")
    if not _is_workload(path):
        raise WorkloadError(
            f"{path}: holds something that is not a workload, which --force does not replace",
            "choose another name",
        )


def _is_workload(path: Path) -> bool:
    """Whether the file is empty, or its first line is a header or an event of a workload."""
    try:
        with path.open("rb") as plain:
            zipped = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            stream = gzip.GzipFile(fileobj=plain) if zipped else plain
            line = stream.readline(_LONGEST_FIRST_LINE)
        first = msgspec.json.decode(line) if line else {"workload": 1}
    except (OSError, EOFError, zlib.error, ValueError, RecursionError):
        return False
    return isinstance(first, dict) and ("workload" in first or {"t", "op"} <= first.keys())
