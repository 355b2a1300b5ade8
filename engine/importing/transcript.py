"""One transcript, read to its end: its calls of agents, their results, and what it is itself.

No prompt is kept: only the ids of the tasks that it names, and, if the caller asks for texts, a
short caption.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from engine.hook.naming import tasks_in_prompt
from engine.importing.entries import (
    MalformedLineError,
    agent_call,
    block_text,
    moment_of,
    optional_part,
    read_blocks,
    read_entry,
    shown,
    sidecar_of,
)
from engine.importing.found_files import TranscriptFile, read_sidecar
from engine.importing.lines import LONGEST_LINE, Line, LineFile
from engine.importing.refusal import UnknownShape, UnknownShapeError
from engine.importing.shapes import AgentProgress, Block, Entry, HookRun, ToolResult

LONGEST_CAPTION = 120
PROGRESS_EVERY_LINES = 5_000
_AGENT_FILE = "agent-"


@dataclass(frozen=True, slots=True)
class Spawn:
    """A moment at which an agent was asked for, and what it was asked with."""

    when: datetime
    role: str
    tasks: tuple[int, ...] | None
    """The tasks that the prompt names; None when there was no prompt."""
    folder: str
    session: str
    line: int
    caption: str = ""
    """Empty unless texts were asked for."""


@dataclass(slots=True)
class Outcome:
    """What a transcript says came of a call."""

    answered: bool = False
    failed: bool = False
    agents: set[str] = field(default_factory=set)
    """Ids of the agents that ran for it: proof that it did start one."""


@dataclass(frozen=True, slots=True)
class OwnAgent:
    """The agent whose own transcript a file is."""

    agent_id: str
    tool_use_id: str
    """The call that started it, where a file beside it says so; else empty."""
    spawn: Spawn | None
    """Its beginning; None when the file does not begin with its prompt."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be read."""

    path: Path
    number: int
    reason: str


@dataclass(slots=True)
class Transcript:
    """What one file holds."""

    path: Path
    lines: int = 0
    bytes: int = 0
    entries: int = 0
    calls: dict[str, Spawn] = field(default_factory=dict)
    """By the id of the call."""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    agent: OwnAgent | None = None
    malformed: list[BadLine] = field(default_factory=list)
    unknown_types: Counter[str] = field(default_factory=Counter)
    hooks: list[tuple[str, float]] = field(default_factory=list)
    """Event and duration (ms) of each hook that a session waited for."""
    refused: UnknownShape | None = None
    """Set when it is of an unknown shape; then nothing of it may be used."""
    unreadable: str = ""
    first: datetime | None = None
    last: datetime | None = None


def read_transcript(
    file: TranscriptFile,
    *,
    texts: bool = False,
    longest_line: int = LONGEST_LINE,
    on_line: Callable[[int], None] | None = None,
) -> Transcript:
    """Read a file to its end, or to the first line whose shape is unknown.

    Args:
        texts: keep a caption of each start.
        on_line: told every few thousand lines how many bytes were read.
    """
    reading = _Reading(file, texts)
    lines = LineFile(file.path, longest_line)
    try:
        for line in lines:
            reading.take(line)
            if on_line is not None and line.number % PROGRESS_EVERY_LINES == 0:
                on_line(lines.bytes)
    except UnknownShapeError as error:
        reading.refuse(lines.lines, str(error))
    except OSError as error:
        reading.found.unreadable = f"{file.path}: {error.strerror or error}"
    reading.found.lines, reading.found.bytes = lines.lines, lines.bytes
    return reading.end()


class _Reading:
    """Gathers one transcript line by line."""

    def __init__(self, file: TranscriptFile, texts: bool) -> None:
        self.found = Transcript(file.path)
        self._file = file
        self._texts = texts
        self._known = 0
        self._first_unknown: tuple[int, str] | None = None
        self._agent_id = ""
        self._is_agent = file.path.name.startswith(_AGENT_FILE)
        self._beginning: Spawn | None = None
        self._spoken = False

    def take(self, line: Line) -> None:
        if line.too_long:
            self._malformed(line.number, "longer than a transcript's line can be")
            return
        try:
            entry = read_entry(line.content)
        except MalformedLineError as error:
            self._malformed(line.number, str(error))
            return
        self.found.entries += 1
        if not entry.known:
            self.found.unknown_types[str(entry.type)[:40]] += 1
            self._first_unknown = self._first_unknown or (line.number, str(entry.type))
            return
        self._known += 1
        if entry.spoken:
            self._message(entry, line.number)
        elif entry.type == "progress":
            self._progress(entry)
        elif entry.type == "attachment":
            self._attachment(entry)

    def refuse(self, line: int, reason: str) -> None:
        self.found.refused = UnknownShape(self.found.path, line, reason)

    def end(self) -> Transcript:
        found = self.found
        if found.refused is None and not found.unreadable and not self._known:
            if self._first_unknown is not None:
                line, name = self._first_unknown
                self.refuse(line, f"unknown entry type {shown(name)}, and none that is known")
            elif found.malformed:
                bad = found.malformed[0]
                self.refuse(bad.number, f"{bad.reason}, and no other line of it is an entry")
        if self._is_agent and self._agent_id:
            sidecar = sidecar_of(read_sidecar(self._file.sidecar))
            role = sidecar.agent_type if isinstance(sidecar.agent_type, str) else ""
            call = sidecar.tool_use_id if isinstance(sidecar.tool_use_id, str) else ""
            found.agent = OwnAgent(self._agent_id, call, self._begun_as(role.strip()))
        return found

    def _malformed(self, number: int, reason: str) -> None:
        self.found.malformed.append(BadLine(self.found.path, number, reason))

    def _begun_as(self, role: str) -> Spawn | None:
        begun = self._beginning
        if begun is None:
            return None
        return Spawn(
            begun.when, role, begun.tasks, begun.folder, begun.session, begun.line, begun.caption
        )

    def _message(self, entry: Entry, line: int) -> None:
        blocks = read_blocks(entry)
        if not self._spoken:
            self._spoken = True
            self._begin(entry, blocks, line)
        if entry.type == "assistant":
            self._note_time(moment_of(entry))
            for block in blocks if isinstance(blocks, list) else ():
                self._call(entry, block, line)
        elif isinstance(blocks, list):
            for block in blocks:
                self._result(entry, block)

    def _begin(self, entry: Entry, blocks: list[Block] | str, line: int) -> None:
        agent_id = entry.agent_id if isinstance(entry.agent_id, str) else ""
        if self._is_agent and not agent_id:
            agent_id = self.found.path.stem.removeprefix(_AGENT_FILE)
        self._is_agent = self._is_agent or (entry.is_sidechain is True and bool(agent_id))
        self._agent_id = agent_id
        if self._is_agent and entry.type == "user" and entry.timestamp is not None:
            texts = [blocks] if isinstance(blocks, str) else [block_text(part) for part in blocks]
            self._beginning = self._spawn(entry, "", "\n".join(texts), "", line)

    def _spawn(
        self, entry: Entry, role: str, prompt: str | None, description: str, line: int
    ) -> Spawn:
        return Spawn(
            when=moment_of(entry),
            role=role,
            tasks=None if prompt is None else tuple(tasks_in_prompt(prompt)),
            folder=entry.cwd if isinstance(entry.cwd, str) else "",
            session=entry.session_id if isinstance(entry.session_id, str) else "",
            line=line,
            caption=_caption(description or prompt or "") if self._texts else "",
        )

    def _note_time(self, moment: datetime) -> None:
        found = self.found
        found.first = moment if found.first is None else min(found.first, moment)
        found.last = moment if found.last is None else max(found.last, moment)

    def _call(self, entry: Entry, block: Block, line: int) -> None:
        call = agent_call(block)
        if call is None:
            return
        spawn = self._spawn(entry, call.role, call.prompt, call.description, line)
        self.found.calls.setdefault(call.tool_use_id, spawn)

    def _result(self, entry: Entry, block: Block) -> None:
        call = block.tool_use_id
        if not isinstance(call, str) or call not in self.found.calls:
            return
        outcome = self.found.outcomes.setdefault(call, Outcome())
        outcome.answered = True
        outcome.failed = outcome.failed or block.is_error is True
        noted = optional_part(entry.tool_use_result, ToolResult)
        if noted is not None and isinstance(noted.agent_id, str):
            outcome.agents.add(noted.agent_id)

    def _progress(self, entry: Entry) -> None:
        noted = optional_part(entry.data, AgentProgress)
        call = entry.parent_tool_use_id
        if noted is None or noted.type != "agent_progress" or not isinstance(call, str):
            return
        if call in self.found.calls and isinstance(noted.agent_id, str):
            self.found.outcomes.setdefault(call, Outcome()).agents.add(noted.agent_id)

    def _attachment(self, entry: Entry) -> None:
        run = optional_part(entry.attachment, HookRun)
        if run is None or run.type != "hook_success" or not isinstance(run.hook_event, str):
            return
        if isinstance(run.duration_ms, int | float) and 0 <= run.duration_ms < 1e9:
            self.found.hooks.append((run.hook_event[:40], float(run.duration_ms)))


def _caption(text: str) -> str:
    line = text.strip().partition("\n")[0].strip()
    return line if len(line) <= LONGEST_CAPTION else f"{line[:LONGEST_CAPTION]}…"
