"""Opening a file that grows by lines, new or to be continued, for one writer at a time."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from engine.errors import WorkloadError

LONGEST_LINE = 4 * 2**20
"""Bytes of a line, its end included."""
_LONGEST_HEADER = 64 * 1024


class Header(Protocol):
    """What every first line says."""

    @property
    def start(self) -> datetime | None: ...


H = TypeVar("H", bound=Header)


@dataclass(frozen=True, slots=True)
class LineFormat(Generic[H]):
    """One kind of file: a first line, and lines that have a time."""

    kind: str
    """For messages."""
    begins: bytes
    """With what every header begins."""
    encode_header: Callable[[H], bytes]
    decode_header: Callable[[bytes], H]
    """Raises ValueError."""
    time_of: Callable[[bytes], float]
    """Seconds of a line; raises ValueError."""


@dataclass(frozen=True, slots=True)
class OpenRecording(Generic[H]):
    """A locked file, positioned to be appended to."""

    descriptor: int
    header: H
    size: int
    last_t: float
    """Time of its last line; 0 when it has none but the header."""
    continued: bool
    """Whether it was there before."""


def open_recording(path: Path, form: LineFormat[H], new_header: H) -> OpenRecording[H]:
    """Create `path` with `new_header`, or continue the recording that it holds.

    Raises:
        WorkloadError: it cannot be written, another process records to it, or it holds
            something else.
    """
    if path.suffix != ".jsonl":
        raise WorkloadError(f"{path}: a recording's name ends with .jsonl", "choose another name")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise WorkloadError(
            f"{path}: cannot be written ({error.strerror or error})", "choose another place"
        ) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise WorkloadError(f"{path}: is not a regular file", "choose another name")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return _begin(path, descriptor, form, new_header)
    except BlockingIOError as error:
        os.close(descriptor)
        raise WorkloadError(
            f"{path}: another process is recording to it", "choose another name"
        ) from error
    except OSError as error:
        os.close(descriptor)
        raise WorkloadError(
            f"{path}: cannot be written ({error.strerror or error})", "choose another place"
        ) from error
    except BaseException:
        os.close(descriptor)
        raise


def _begin(path: Path, descriptor: int, form: LineFormat[H], new_header: H) -> OpenRecording[H]:
    first = os.pread(descriptor, _LONGEST_HEADER, 0)
    end = first.find(b"\n")
    if end < 0 and (not first or first.startswith(form.begins)):
        # Empty, or its writer was killed while it wrote the header.
        content = form.encode_header(new_header) + b"\n"
        os.ftruncate(descriptor, 0)
        write_whole(descriptor, content, 0)
        return OpenRecording(descriptor, new_header, len(content), 0.0, continued=False)
    try:
        header = form.decode_header(first[: max(end, 0)])
        if header.start is None:
            raise ValueError("it has no start")
        size = _cut_half_a_line(descriptor)
        last_t = _last_t(descriptor, size, end + 1, form)
    except ValueError as error:
        raise WorkloadError(
            f"{path}: exists and is no {form.kind} ({error})", "choose another name"
        ) from error
    return OpenRecording(descriptor, header, size, last_t, continued=True)


def write_whole(descriptor: int, content: bytes, size: int) -> None:
    """Append `content` to a file of `size` bytes, all of it or nothing.

    Raises:
        OSError: it could not be written; the file is as it was.
    """
    written = 0
    try:
        while written < len(content):
            written += os.write(descriptor, content[written:])
    except OSError:
        # Half a line must not stay in the file.
        os.ftruncate(descriptor, size)
        raise


def _tail(descriptor: int, size: int) -> bytes:
    return os.pread(descriptor, LONGEST_LINE, max(0, size - LONGEST_LINE))


def _cut_half_a_line(descriptor: int) -> int:
    """Remove what a killed writer left unfinished at the end; the size that remains."""
    size = os.fstat(descriptor).st_size
    tail = _tail(descriptor, size)
    keep = tail.rfind(b"\n") + 1
    if keep == 0:
        raise ValueError("its last line is too long")
    if keep < len(tail):
        size -= len(tail) - keep
        os.ftruncate(descriptor, size)
    return size


def _last_t(descriptor: int, size: int, header_size: int, form: LineFormat[H]) -> float:
    if size <= header_size:
        return 0.0
    last = _tail(descriptor, size).rstrip(b"\n").rsplit(b"\n", 1)[-1]
    return form.time_of(last)
