"""What an import of transcripts read, what it used, and what it left out and why."""

from __future__ import annotations

from datetime import datetime

import msgspec

from engine.importing.tying import How

FOLDERS_SHOWN = 5
SHOWN_AT_MOST = 20
"""Malformed lines and files left out that a report names; the rest is counted."""


class HookWaits(msgspec.Struct, frozen=True, kw_only=True):
    """How long sessions waited for the hooks of one event, as Claude Code noted it."""

    event: str
    n: int
    median_ms: float
    max_ms: float


class BadLineView(msgspec.Struct, frozen=True, kw_only=True):
    """A line that could not be read."""

    file: str
    line: int
    reason: str


class TranscriptCoverage(msgspec.Struct, kw_only=True):
    """The coverage report of an import of transcripts. Counts of starts are exclusive."""

    workload: str = ""
    """Path of the file that was written; empty when none was."""
    project: str = ""
    """The project that told which tasks and roles there are; empty when there was none."""
    files: int = 0
    """Transcripts that were read and used."""
    lines: int = 0
    bytes: int = 0
    entries: int = 0
    """Lines that are entries of a transcript."""
    first: datetime | None = None
    """Time of the earliest entry of an assistant in all files."""
    last: datetime | None = None

    starts: int = 0
    """Starts of agents that were found, before any is left out."""
    explicit: int = 0
    """Tied to the task that the prompt names."""
    role: int = 0
    """Tied to the one task of the role that was active then."""
    none: int = 0
    """Tied to no task, so not in the workload."""
    none_reasons: dict[str, int] = {}
    other_folder: int = 0
    """Starts of sessions outside of the project's folder, so not in the workload."""
    other_folders: dict[str, int] = {}
    outside_span: int = 0
    """Starts before --since or not before --until, so not in the workload."""
    own_role: int = 0
    """Starts in the workload whose agent the project does not know: the task's own role is used."""
    folders: dict[str, int] = {}
    """Folders of the sessions whose starts are in the workload."""
    first_start: datetime | None = None
    last_start: datetime | None = None

    unanswered: int = 0
    """Of the starts: those whose result the transcripts do not hold."""
    from_agents: int = 0
    """Of the starts: those known from the agent's own transcript alone."""
    copies: int = 0
    failed: int = 0
    unpaired: int = 0
    internal: int = 0

    malformed: int = 0
    malformed_lines: list[BadLineView] = []
    unknown_types: dict[str, int] = {}
    """Entries of types that this program does not know; none of them carries a message."""
    refused: list[str] = []
    """Files of an unknown shape that were left out, with line and reason."""
    unreadable: list[str] = []
    skipped: dict[str, int] = {}
    """Other things in the folders, by why they were not read."""
    hooks: list[HookWaits] = []

    @property
    def in_workload(self) -> int:
        """Starts that the workload holds."""
        return self.explicit + self.role

    def as_text(self) -> str:
        """The report for a person."""
        return "\n".join(_lines(self))


def _lines(report: TranscriptCoverage) -> list[str]:
    span = f", {_span(report.first, report.last)}" if report.first is not None else ""
    lines = [
        f"read        {_count(report.files, 'transcript')}, {_count(report.lines, 'line')}, "
        f"{_size(report.bytes)}{span}",
        f"project     {report.project or 'none: only tasks that prompts name are known'}",
        f"starts      {report.starts:,} found: {report.explicit:,} by {How.EXPLICIT}, "
        f"{report.role:,} by {How.ROLE}, {report.none:,} tied to no task",
    ]
    lines += [f"  no task   {n:,} × {why}" for why, n in report.none_reasons.items()]
    left_out = (
        (report.other_folder, "of sessions in other folders (--any-folder takes them in)"),
        (report.outside_span, "outside of the time that was asked for"),
    )
    lines += [f"  left out  {n:,} {what}" for n, what in left_out if n]
    lines += [
        f"    folder  {n:,} × {folder or 'unknown'}"
        for folder, n in list(report.other_folders.items())[:FOLDERS_SHOWN]
    ]
    notes = (
        (report.unanswered, "without a result (still running, or ended with their session)"),
        (report.from_agents, "known from the agent's own transcript alone"),
        (report.own_role, "by an agent that the project does not know: the task's own role plays"),
    )
    lines += [f"  of them   {n:,} {what}" for n, what in notes if n]
    lines += [
        f"  folder    {n:,} × {folder or 'unknown'}"
        for folder, n in list(report.folders.items())[:FOLDERS_SHOWN]
    ]
    no_starts = (
        (report.copies, "copies of calls, in resumed sessions"),
        (report.failed, "calls refused or failed before an agent ran"),
        (report.unpaired, "agents' transcripts that no call can be paired with for certain"),
        (report.internal, "agents that Claude Code ran for itself"),
    )
    lines += [f"no starts   {n:,} {what}" for n, what in no_starts if n]
    lines += _skipped(report)
    lines += [
        f"hooks       {wait.event}: {wait.n:,} waits, median {wait.median_ms:,.0f} ms, "
        f"longest {wait.max_ms:,.0f} ms"
        for wait in report.hooks
    ]
    if report.workload:
        span = _span(report.first_start, report.last_start)
        lines.append(f"workload    {report.workload}")
        lines.append(f"            {_count(report.in_workload, 'start')}, {span}")
    return lines


def _skipped(report: TranscriptCoverage) -> list[str]:
    lines = [f"refused     {said}" for said in report.refused]
    if report.malformed:
        lines.append(f"malformed   {_count(report.malformed, 'line')}")
    lines += [f"  {bad.file}, line {bad.line}: {bad.reason}" for bad in report.malformed_lines]
    if (more := report.malformed - len(report.malformed_lines)) > 0:
        lines.append(f"  and {more:,} more")
    if report.unknown_types:
        named = ", ".join(f"{name} ({n:,})" for name, n in report.unknown_types.items())
        lines.append(f"passed over entries of unknown types, none with a message: {named}")
    lines += [f"not read    {said}" for said in report.unreadable]
    lines += [f"not read    {n:,} × {why}" for why, n in report.skipped.items() if n]
    return lines


def _span(first: datetime | None, last: datetime | None) -> str:
    if first is None or last is None:
        return "no times"
    return f"{first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC"


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MB" if count >= 2**20 else f"{count / 2**10:,.1f} KB"


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"
