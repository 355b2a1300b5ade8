"""Workload files: JSON Lines, optionally gzipped, with an optional header line.

The header is a first line with the key `workload`; every other line is an event (see
`engine.replay.events`). Blank lines are skipped. Keys that are not known are ignored unless they
look like a misspelled known one.
"""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from engine.errors import SettingError, WorkloadError
from engine.files import write_whole
from engine.replay.events import (
    EVENT_KEYS,
    Op,
    WorkloadEvent,
    check_event,
    nearest,
)
from engine.replay.pace import check_speed
from engine.replay.recording_file import LineFormat
from engine.settings import Settings, with_setting

VERSION = 1
MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_EVENTS = 2_000_000
_YEARS = range(1970, 2200)
_S = TypeVar("_S", bound=msgspec.Struct)
_OPS = frozenset(op.value for op in Op)
_log = logging.getLogger(__name__)


class WorkloadHeader(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What a workload says about itself; everything is optional."""

    workload: int = VERSION
    """Version of the format."""
    start: datetime | None = None
    """The wall time of `t` 0, UTC; absent: a replay begins at the present time."""
    name: str = ""
    line: str = ""
    """What one sees in it, in one line for a list."""
    description: str = ""
    modeled: bool = False
    """Whether its settings choose a cost profile other than native."""
    settings: dict[str, Any] = {}
    """Settings in force at the start, by path."""
    then: str = ""
    """The scenario that follows by itself."""
    speed: float = 1.0
    idle_gap_s: float | None = None
    """Longest gap between two events on the wall at speed 1; absent: chosen by the length."""
    project: str = ""
    """`demo` when it was made for the demo project."""
    result: str = ""
    """Which result line to make at the end."""


CORRECT_LINE = "correct that line, or leave it out"
"""What to do about a malformed line."""

_HEADER_KEYS = frozenset(WorkloadHeader.__struct_encode_fields__)


class _NotJsonError(ValueError):
    """A line is no JSON, maybe since it is only half a line."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Events in the order of their times; events of equal time are in file order."""

    events: list[WorkloadEvent]
    header: WorkloadHeader = field(default_factory=WorkloadHeader)
    name: str = ""
    source: str = ""
    """Path of the file, for messages; empty when it came from none."""

    @property
    def duration_s(self) -> float:
        """Seconds of the workload's own clock, from 0 to the last event."""
        return self.events[-1].t if self.events else 0.0

    @property
    def starts(self) -> int:
        """How many TaskStarts it holds."""
        return sum(event.op is Op.TASKSTART for event in self.events)

    @property
    def writes(self) -> int:
        """How many writes it holds."""
        return sum(event.op.is_write for event in self.events)

    def where(self, event: WorkloadEvent) -> str:
        """`file, line n` of an event, for messages."""
        return f"{self.source or self.name or 'workload'}, line {event.line}"


def read_workload(path: Path) -> Workload:
    """Read and check a workload file (`.jsonl`, or gzipped whatever its name).

    Half a line at the end of a recording, which a killed recorder may leave, is left out.

    Raises:
        WorkloadError: it cannot be read or is malformed; the reason names file and line.
    """
    header = WorkloadHeader()
    events: list[WorkloadEvent] = []
    previous_t = 0.0
    first = True
    for number, line in _lines(path):
        try:
            raw = _decode(line)
            if first and "workload" in raw:
                header = _header(raw)
            else:
                event = _event(raw, number, previous_t)
                previous_t = event.t
                events.append(event)
        except _NotJsonError as error:
            if header.start is None or line.endswith(b"\n"):
                raise WorkloadError(f"{path}, line {number}: {error}", CORRECT_LINE) from None
            _log.warning("%s, line %d: half a line, left out", path, number)
        except ValueError as error:
            raise WorkloadError(f"{path}, line {number}: {error}", CORRECT_LINE) from None
        if len(events) > MAX_EVENTS:
            raise WorkloadError(f"{path}: more than {MAX_EVENTS:,} events", "split it")
        first = False
    if not events:
        raise WorkloadError(
            f"{path}: no events in it", "taskstart scenarios lists what can be played"
        )
    return Workload(events, header, header.name or file_title(path), str(path))


def file_title(path: Path) -> str:
    """What a workload file is called where its header does not say."""
    return path.name.removesuffix(".gz").removesuffix(".jsonl")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    number = 0
    try:
        with path.open("rb") as plain:
            zipped = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            stream = gzip.GzipFile(fileobj=plain) if zipped else plain
            while line := stream.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(line) > MAX_LINE_BYTES:
                    raise WorkloadError(
                        f"{path}, line {number}: longer than {MAX_LINE_BYTES // 2**20} MB",
                        CORRECT_LINE,
                    )
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield number, line
    except FileNotFoundError:
        raise WorkloadError(f"{path}: no such file", "taskstart scenarios lists them") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise WorkloadError(
            f"{path}, after line {number}: damaged gzip ({error})", "make or copy the file again"
        ) from error
    except OSError as error:
        raise WorkloadError(
            f"{path}: {error.strerror or error}", "name a file that you may read"
        ) from error


def _decode(line: bytes) -> dict[str, Any]:
    try:
        raw = msgspec.json.decode(line)
    except UnicodeDecodeError as error:
        raise _NotJsonError(f"not UTF-8 ({error.reason} at byte {error.start})") from None
    except msgspec.DecodeError as error:
        raise _NotJsonError(f"not JSON ({error})") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(raw, dict):
        raise ValueError("not a JSON object")
    return raw


def _known_keys(raw: dict[str, Any], known: frozenset[str]) -> None:
    for key in raw.keys() - known:
        if hint := nearest(key, known):
            raise ValueError(f"unknown key {key!r}{hint}")


def _event(raw: dict[str, Any], line: int, previous_t: float) -> WorkloadEvent:
    _known_keys(raw, EVENT_KEYS)
    op = str(raw["op"]) if "op" in raw else None
    if op not in _OPS:
        if op is None:
            raise ValueError("op is missing")
        raise ValueError(f"unknown op {op!r}{nearest(op, _OPS)}")
    raw["line"] = line
    for key in ("task_id", "work_item_id"):
        raw[key] = _whole_number(raw.get(key))
    event = _convert(raw, WorkloadEvent)
    check_event(event, previous_t)
    return event


def _whole_number(value: Any) -> Any:
    """Ids are accepted as TaskStart accepts them: 45, 45.0 and "45"."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value[:40])
    return value


def _convert(raw: dict[str, Any], kind: type[_S]) -> _S:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error).replace("`$.", "`")) from None


def _header(raw: dict[str, Any]) -> WorkloadHeader:
    _known_keys(raw, _HEADER_KEYS)
    header = _convert(raw, WorkloadHeader)
    if header.workload != VERSION:
        raise ValueError(f"workload version {header.workload}, this program reads {VERSION}")
    check_speed(header.speed)
    if header.idle_gap_s is not None and header.idle_gap_s < 0:
        raise ValueError("idle_gap_s cannot be negative")
    apply_settings(Settings(), header.settings)
    if header.start is None:
        return header
    if header.start.year not in _YEARS:
        raise ValueError(f"start is in the year {header.start.year}")
    zone = header.start.tzinfo
    start = header.start.replace(tzinfo=UTC) if zone is None else header.start.astimezone(UTC)
    return msgspec.structs.replace(header, start=start)


def apply_settings(settings: Settings, changes: dict[str, Any]) -> Settings:
    """`settings` with several changed by path.

    Raises:
        ValueError: a path or a value is not accepted.
    """
    for path, value in changes.items():
        try:
            settings = with_setting(settings, path, value)
        except SettingError as error:
            raise ValueError(str(error)) from None
    return settings


def encode_event(event: WorkloadEvent) -> bytes:
    """One line of a workload file, without its end."""
    return msgspec.json.encode(msgspec.structs.replace(event, line=0) if event.line else event)


def encode_header(header: WorkloadHeader) -> bytes:
    """The header line of a workload file, without its end."""
    fields = {"workload": header.workload, **msgspec.to_builtins(header)}
    return msgspec.json.encode(fields)


_decode_event = msgspec.json.Decoder(WorkloadEvent).decode
WORKLOAD_FORMAT: LineFormat[WorkloadHeader] = LineFormat(
    kind="recording",
    begins=b'{"workload"',
    encode_header=encode_header,
    decode_header=msgspec.json.Decoder(WorkloadHeader).decode,
    time_of=lambda line: _decode_event(line).t,
)
"""For a file that is appended to."""


def write_workload(workload: Workload, path: Path) -> None:
    """Write a workload file whole or not at all; gzipped when the name ends with `.gz`.

    Raises:
        WorkloadError: it cannot be written there.
    """
    lines = [encode_header(workload.header), *map(encode_event, workload.events)]
    content = b"\n".join(lines) + b"\n"
    if path.name.endswith(".gz"):
        content = gzip.compress(content, mtime=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise WorkloadError(
            f"{path}: cannot be written ({error.strerror or error})", "choose another place"
        ) from error
