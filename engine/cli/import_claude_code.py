"""`taskstart import claude-code`: transcripts as a workload."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from engine.cli.importing import choose_target, finish, target_options
from engine.cli.options import chosen_project
from engine.cli.progress import ProgressLine
from engine.clock import SystemClock
from engine.core.project import find_project
from engine.importing.claude_code import TranscriptChoice, import_transcripts
from engine.importing.coverage import TranscriptCoverage
from engine.importing.tying import read_history
from engine.importing.workload_times import Span


@click.command("claude-code")
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path)
)
@click.option("--any-folder", is_flag=True, help="Sessions outside of the project's folder too.")
@click.option("--skip-unknown", is_flag=True, help="Leave out files of an unknown shape.")
@click.option("--texts", is_flag=True, help="Write a caption of each start too.")
@target_options
def command(
    paths: tuple[Path, ...],
    any_folder: bool,
    skip_unknown: bool,
    texts: bool,
    output: Path | None,
    force: bool,
    since: datetime | None,
    until: datetime | None,
    project: Path | None,
    as_json: bool,
) -> int:
    """Make a workload of the starts of agents in Claude Code's transcripts.

    PATH is a transcript or a folder of them, like ~/.claude/projects/-home-me-shop; no link in a
    folder is followed. A start is tied to the task that its prompt names, else to the one task of
    the agent's role that was active in the project then, else to none: it is never guessed.
    """
    now = SystemClock().wall()
    root = chosen_project(project) if project is not None or find_project() is not None else None
    word = "claude-code" if root is None else f"{root.name}-claude-code"
    target = choose_target(output, word, now, force=force)
    progress = ProgressLine()
    try:
        workload, report = import_transcripts(
            paths,
            None if root is None else read_history(root, now),
            TranscriptChoice(
                span=Span(since, until),
                texts=texts,
                skip_unknown=skip_unknown,
                any_folder=any_folder,
            ),
            progress,
        )
    finally:
        progress.end()
    return finish(workload, report, target, force=force, as_json=as_json, empty=_nothing(report))


def _nothing(report: TranscriptCoverage) -> str:
    """Why there is nothing to play, and what may help."""
    if not report.starts:
        return "the transcripts hold no start of an agent"
    if report.other_folder == report.starts:
        return "all starts are of sessions in other folders (see --any-folder and --project)"
    return "no start could be tied to a task"
