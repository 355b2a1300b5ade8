"""An import in a process of its own: `python -m engine.service.import_worker ROOT [TRANSCRIPTS]`.

It writes one JSON object to its standard output: `ImportResult`, or `ImportRefusal`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from engine.clock import SystemClock
from engine.errors import TaskStartError
from engine.importing.agentpm import import_database
from engine.importing.claude_code import TranscriptChoice, import_transcripts
from engine.importing.target import check_target
from engine.importing.tying import read_history
from engine.importing.workload_times import Span
from engine.replay.recorder import recording_path
from engine.replay.workload import Workload, file_title, write_workload
from engine.service.history_import import ImportRefusal, ImportResult


def import_history(root: Path, transcripts: str) -> ImportResult:
    """Import into the user's recordings; from the project's database where `transcripts` is empty.

    Raises:
        TaskStartError: it cannot be read, or nothing may be written.
    """
    now = SystemClock().wall()
    path = recording_path(f"{root.name}-{'claude-code' if transcripts else 'agentpm'}", now)
    check_target(path, force=False)
    if transcripts:
        found = [Path(transcripts).expanduser()]
        workload, coverage = import_transcripts(found, read_history(root, now), TranscriptChoice())
        if workload is not None:
            _write(workload, path)
            coverage.workload = str(path)
        report = coverage.as_text()
    else:
        workload, told = import_database(root, now, Span())
        if workload is not None:
            _write(workload, path)
            told.workload = str(path)
        report = told.as_text()
    if workload is None:
        return ImportResult("", "", 0, report)
    return ImportResult(str(path), file_title(path), workload.starts, report)


def _write(workload: Workload, path: Path) -> None:
    header = msgspec.structs.replace(workload.header, name=file_title(path))
    write_workload(Workload(workload.events, header), path)


def main(arguments: list[str]) -> None:
    """Import as the arguments say; a refusal is an answer, too."""
    outcome: ImportResult | ImportRefusal
    try:
        outcome = import_history(Path(arguments[0]), arguments[1] if len(arguments) > 1 else "")
    except TaskStartError as error:
        outcome = ImportRefusal(error.reason, error.remedy)
    sys.stdout.buffer.write(msgspec.json.encode(outcome))


if __name__ == "__main__":
    main(sys.argv[1:])
