"""Opening a recording's file, new or to be continued, for one writer at a time."""

from __future__ import annotations

import fcntl
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.errors import WorkloadError
from engine.replay.events import WorkloadEvent
from engine.replay.workload import WorkloadHeader, encode_header

_BLOCK = 64 * 1024
"""Longer than any line of a recording."""
_decode_header = msgspec.json.Decoder(WorkloadHeader).decode
_decode_event = msgspec.json.Decoder(WorkloadEvent).decode


@dataclass(frozen=True, slots=True)
class OpenRecording:
    """A locked file, positioned to be appended to."""

    descriptor: int
    header: WorkloadHeader
    size: int
    last_t: float
    """Time of its last event; 0 when it has none."""


def open_recording(path: Path, new_header: WorkloadHeader) -> OpenRecording:
    """Create `path` with `new_header`, or continue the recording that it holds.

    Raises:
        WorkloadError: it cannot be written, another process records to it, or it holds
            something else.
    """
    if path.suffix != ".jsonl":
        raise WorkloadError(f"{path}: a recording's name ends with .jsonl")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise WorkloadError(f"{path}: cannot be written ({error.strerror or error})") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise WorkloadError(f"{path}: is not a regular file", "choose another name")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return _begin(path, descriptor, new_header)
    except BlockingIOError as error:
        os.close(descriptor)
        raise WorkloadError(
            f"{path}: another process is recording to it", "choose another name"
        ) from error
    except OSError as error:
        os.close(descriptor)
        raise WorkloadError(f"{path}: cannot be written ({error.strerror or error})") from error
    except BaseException:
        os.close(descriptor)
        raise


def _begin(path: Path, descriptor: int, new_header: WorkloadHeader) -> OpenRecording:
    first = os.pread(descriptor, _BLOCK, 0)
    end = first.find(b"\n")
    if end < 0 and (not first or first.startswith(b'{"workload"')):
        # Empty, or its writer was killed while it wrote the header.
        content = encode_header(new_header) + b"\n"
        os.ftruncate(descriptor, 0)
        os.write(descriptor, content)
        return OpenRecording(descriptor, new_header, len(content), 0.0)
    try:
        header = _decode_header(first[: max(end, 0)])
        if header.start is None:
            raise ValueError("it has no start")
        size = _cut_half_a_line(descriptor)
        last_t = _last_t(descriptor, size, end + 1)
    except ValueError as error:
        raise WorkloadError(
            f"{path}: exists and is no recording ({error})", "choose another name"
        ) from error
    return OpenRecording(descriptor, header, size, last_t)


def _tail(descriptor: int, size: int) -> bytes:
    return os.pread(descriptor, _BLOCK, max(0, size - _BLOCK))


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


def _last_t(descriptor: int, size: int, header_size: int) -> float:
    if size <= header_size:
        return 0.0
    last = _tail(descriptor, size).rstrip(b"\n").rsplit(b"\n", 1)[-1]
    return _decode_event(last).t
