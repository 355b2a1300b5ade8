"""Run files: what each start of a recording measured, beside the workload that it was.

JSON Lines like a workload. The first line has the key `run`: the machine, the project and the
settings in force. Every other line has `t`, the time that the workload has for the same start,
and `op`:

=========  =======================================================================================
`start`    one TaskStart: what was asked, who asked (`source`), `total_ms`, `warm`, the cache
           `level` of its finished answer, its cost `profile` (absent: native), or the code of its
           `error`
`setting`  `set` holds settings by path that are in force from here on
`alert`    `text` says what began or ended
=========  =======================================================================================
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from engine.bench.machine import Machine
from engine.errors import WorkloadError
from engine.replay.latency import Latency, latency_of
from engine.replay.live_traffic import LiveStart
from engine.replay.recording_file import LineFormat

VERSION = 1
SUFFIX = ".run.jsonl"
_NAME = re.compile(r"\.run(\.\d+)?\.jsonl$")
_NS_PER_MS = 1e6


class RunOp(enum.StrEnum):
    """What a line of a run is about."""

    START = "start"
    SETTING = "setting"
    ALERT = "alert"


class RunHeader(msgspec.Struct, kw_only=True, frozen=True):
    """Where and how a run was measured."""

    run: int = VERSION
    start: datetime | None = None
    """The wall time of `t` 0, UTC."""
    workload: str = ""
    """Name of the recording's file."""
    project: str = ""
    machine: Machine | None = None
    settings: dict[str, Any] = {}
    """Every setting by path, as in force when the file was begun."""


class RunLine(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One line."""

    t: float
    op: RunOp
    task_id: int | None = None
    agent_role: str | None = None
    source: str = ""
    total_ms: float | None = None
    warm: bool = False
    level: int | None = None
    profile: str = "native"
    error: str = ""
    changes: dict[str, Any] | None = msgspec.field(default=None, name="set")
    text: str = ""


_decode_header = msgspec.json.Decoder(RunHeader).decode
_decode_line = msgspec.json.Decoder(RunLine).decode

RUN_FORMAT: LineFormat[RunHeader] = LineFormat(
    kind="run",
    begins=b'{"run"',
    encode_header=msgspec.json.encode,
    decode_header=_decode_header,
    time_of=lambda line: _decode_line(line).t,
)


def run_path(recording: Path) -> Path:
    """The run file of a recording: `monday.jsonl` -> `monday.run.jsonl`."""
    return recording.with_name(recording.name.removesuffix(".jsonl") + SUFFIX)


def is_run_file(path: Path) -> bool:
    """Whether a name is that of a run file, the full ones (`monday.run.1.jsonl`) included."""
    return _NAME.search(path.name) is not None


def encode_start(start: LiveStart, t: float) -> bytes:
    """The line of a start that has ended, without its end."""
    return msgspec.json.encode(
        RunLine(
            t=t,
            op=RunOp.START,
            task_id=start.task_id,
            agent_role=start.agent_role,
            source=start.source,
            total_ms=start.total_ns / _NS_PER_MS,
            warm=start.warm,
            level=start.level,
            profile=start.profile,
            error=start.error,
        )
    )


@dataclass(frozen=True, slots=True)
class Run:
    """A run file, read."""

    header: RunHeader
    lines: list[RunLine]

    @property
    def starts(self) -> list[RunLine]:
        """The starts that were answered."""
        return [line for line in self.lines if line.op is RunOp.START and not line.error]

    @property
    def errors(self) -> int:
        """How many starts failed."""
        return sum(line.op is RunOp.START and line.error != "" for line in self.lines)

    @property
    def warm(self) -> int:
        """How many starts got a finished answer."""
        return sum(line.warm for line in self.starts)

    @property
    def latency(self) -> Latency:
        """Of the starts that were answered."""
        return latency_of([round((line.total_ms or 0.0) * _NS_PER_MS) for line in self.starts])

    @property
    def modeled(self) -> bool:
        """Whether any start was measured under a cost profile other than native."""
        return any(line.profile != "native" for line in self.starts)


_NAME_RUN = "name the .run.jsonl that lies beside a recording"


def read_run(path: Path) -> Run:
    """Read a run file; what a killed writer left half-written at its end is left out.

    Raises:
        WorkloadError: it cannot be read, or is no run file; the reason names file and line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WorkloadError(f"{path}: {error.strerror or error}", _NAME_RUN) from error
    lines = content.split(b"\n")
    # Whole lines end with a newline, so that what follows the last one is half a line or nothing.
    del lines[-1]
    number = 1
    try:
        if not lines or not lines[0].startswith(RUN_FORMAT.begins):
            raise ValueError("no run file: its first line has no key `run`")
        header = _decode_header(lines[0])
        if header.run != VERSION:
            raise ValueError(f"run version {header.run}, this program reads {VERSION}")
        found = []
        for line in lines[1:]:
            number += 1
            found.append(_decode_line(line))
    except ValueError as error:
        raise WorkloadError(f"{path}, line {number}: {error}", _NAME_RUN) from None
    return Run(header, found)
