"""Transcripts of Claude Code as a workload of TaskStarts."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from engine.importing.agent_starts import AgentStart, AgentStarts, join_starts
from engine.importing.coverage import SHOWN_AT_MOST, BadLineView, HookWaits, TranscriptCoverage
from engine.importing.found_files import FoundFiles, find_transcripts
from engine.importing.lines import LONGEST_LINE
from engine.importing.refusal import ImportRefusedError, UnknownShape
from engine.importing.startable import usable_role
from engine.importing.transcript import Transcript, read_transcript
from engine.importing.tying import (
    How,
    ProjectHistory,
    Tie,
    tie_without_project,
)
from engine.importing.workload_times import Span, check_extent, seconds_since
from engine.replay.events import Op, WorkloadEvent
from engine.replay.workload import Workload, WorkloadHeader

OnProgress = Callable[[str], None]
_NAMED_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class TranscriptChoice:
    """What is asked of an import of transcripts."""

    span: Span = field(default_factory=Span)
    texts: bool = False
    """Add each start's description, or the first line of its prompt, as a caption."""
    skip_unknown: bool = False
    """Leave out files of an unknown shape instead of refusing the whole import."""
    any_folder: bool = False
    """Take in sessions outside of the project's folder too."""
    longest_line: int = LONGEST_LINE


def import_transcripts(
    paths: Sequence[Path],
    history: ProjectHistory | None = None,
    choice: TranscriptChoice | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[Workload | None, TranscriptCoverage]:
    """The starts of agents in the transcripts at `paths`, and what was read and left out.

    The workload is None when no start could be tied to a task.

    Args:
        history: the project in which the tasks are looked up; None: only ids in prompts count.

    Raises:
        ImportRefusedError: a path cannot be read, or a file is of an unknown shape.
    """
    chosen = choice or TranscriptChoice()
    found = find_transcripts(paths, on_progress)
    if not found.files:
        raise ImportRefusedError(
            f"no transcript in {', '.join(map(str, paths))}",
            "name .jsonl files, or a folder that holds some; Claude Code keeps them in ~/.claude/projects",
        )
    transcripts = _read_all(found, chosen, on_progress)
    used = [one for one in transcripts if one.refused is None and not one.unreadable]
    joined = join_starts(used)
    refused = [one.refused for one in transcripts if one.refused is not None] + joined.refused
    if refused and not chosen.skip_unknown:
        raise _refusal(refused)
    report = _coverage(used, joined, found)
    report.refused = [str(one) for one in refused[:SHOWN_AT_MOST]]
    report.unreadable = [
        *found.unreadable,
        *(one.unreadable for one in transcripts if one.unreadable),
    ]
    report.project = "" if history is None else str(history.root)
    return _workload(joined.starts, history, chosen, report), report


def _read_all(
    found: FoundFiles, choice: TranscriptChoice, on_progress: OnProgress | None
) -> list[Transcript]:
    transcripts: list[Transcript] = []
    total_mb, done = found.bytes / 2**20, 0
    for number, file in enumerate(found.files, 1):

        def tell(read: int, number: int = number, done: int = done) -> None:
            if on_progress is not None:
                mb = (done + read) / 2**20
                on_progress(
                    f"reading {number:,} of {len(found.files):,} files, {mb:,.0f} of {total_mb:,.0f} MB"
                )

        tell(0)
        transcripts.append(
            read_transcript(
                file, texts=choice.texts, longest_line=choice.longest_line, on_line=tell
            )
        )
        done += file.bytes
    return transcripts


def _refusal(refused: list[UnknownShape]) -> ImportRefusedError:
    named = "; ".join(map(str, refused[:_NAMED_AT_MOST]))
    more = f"; and {len(refused) - _NAMED_AT_MOST:,} more" if len(refused) > _NAMED_AT_MOST else ""
    return ImportRefusedError(
        f"not a shape of transcripts that this program knows: {named}{more}",
        "nothing was written; --skip-unknown leaves such files out and lists them",
    )


def _coverage(
    used: Iterable[Transcript], joined: AgentStarts, found: FoundFiles
) -> TranscriptCoverage:
    report = TranscriptCoverage(
        starts=len(joined.starts),
        unanswered=joined.unanswered,
        from_agents=joined.from_agents,
        copies=joined.copies,
        failed=joined.failed,
        unpaired=joined.unpaired,
        internal=joined.internal,
        skipped=dict(sorted(found.skipped.items())),
    )
    types: Counter[str] = Counter()
    waits: dict[str, list[float]] = defaultdict(list)
    for one in used:
        report.files += 1
        report.lines += one.lines
        report.bytes += one.bytes
        report.entries += one.entries
        report.malformed += len(one.malformed)
        room = SHOWN_AT_MOST - len(report.malformed_lines)
        report.malformed_lines += [
            BadLineView(file=str(bad.path), line=bad.number, reason=bad.reason)
            for bad in one.malformed[:room]
        ]
        types.update(one.unknown_types)
        for event, took_ms in one.hooks:
            waits[event].append(took_ms)
        for moment in (one.first, one.last):
            if moment is not None:
                report.first = moment if report.first is None else min(report.first, moment)
                report.last = moment if report.last is None else max(report.last, moment)
    report.unknown_types = dict(types.most_common(SHOWN_AT_MOST))
    report.hooks = [
        HookWaits(
            event=event, n=len(all_ms), median_ms=statistics.median(all_ms), max_ms=max(all_ms)
        )
        for event, all_ms in sorted(waits.items())
    ]
    return report


def _workload(
    starts: Iterable[AgentStart],
    history: ProjectHistory | None,
    choice: TranscriptChoice,
    report: TranscriptCoverage,
) -> Workload | None:
    taken: list[tuple[AgentStart, Tie]] = []
    reasons: Counter[str] = Counter()
    folders: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for start in starts:
        spawn = start.spawn
        if not choice.span.holds(spawn.when):
            report.outside_span += 1
        elif history is not None and not choice.any_folder and not _inside(spawn.folder, history):
            report.other_folder += 1
            others[spawn.folder] += 1
        else:
            tie = _tie(start, history)
            report.explicit += tie.how is How.EXPLICIT
            report.role += tie.how is How.ROLE
            report.none += tie.how is How.NONE
            if tie.task_id is None:
                reasons[tie.why_none] += 1
            else:
                folders[spawn.folder] += 1
                taken.append((start, tie))
    report.none_reasons = dict(reasons.most_common())
    report.other_folders = dict(others.most_common(SHOWN_AT_MOST))
    report.folders = dict(folders.most_common(SHOWN_AT_MOST))
    if not taken:
        return None
    return _assemble(taken, history, report)


def _tie(start: AgentStart, history: ProjectHistory | None) -> Tie:
    spawn = start.spawn
    if history is None:
        return tie_without_project(spawn.tasks or ())
    return history.tie(spawn.tasks or (), spawn.role, spawn.when)


def _inside(folder: str, history: ProjectHistory) -> bool:
    """Whether a session's folder, as its transcript names it, lies in the project.

    Only the texts are compared: a folder that a transcript names is never looked at.
    """
    return bool(folder) and PurePosixPath(folder).is_relative_to(history.root)


def _assemble(
    taken: list[tuple[AgentStart, Tie]],
    history: ProjectHistory | None,
    report: TranscriptCoverage,
) -> Workload:
    first, last = taken[0][0].spawn.when, taken[-1][0].spawn.when
    events: list[WorkloadEvent] = []
    for start, tie in taken:
        spawn = start.spawn
        t = seconds_since(first, spawn.when)
        role = usable_role(spawn.role)
        if history is not None and tie.task_id is not None:
            role = history.role_of(tie.task_id, spawn.role)
            report.own_role += role is None
        if spawn.caption:
            events.append(WorkloadEvent(t=t, op=Op.NOTE, text=spawn.caption))
        events.append(
            WorkloadEvent(
                t=t, op=Op.TASKSTART, task_id=tie.task_id, agent_role=role, source=str(tie.how)
            )
        )
    check_extent(first, last, len(events))
    report.first_start, report.last_start = first, last
    header = WorkloadHeader(
        start=first,
        line=f"{len(taken):,} starts of Claude Code's agents, from its transcripts",
        description=(
            f"From {report.files:,} transcripts with {report.starts:,} starts: {report.explicit:,} tied "
            f"by {How.EXPLICIT}, {report.role:,} by {How.ROLE}; {report.starts - len(taken):,} are not in it."
        ),
    )
    return Workload(events, header)
