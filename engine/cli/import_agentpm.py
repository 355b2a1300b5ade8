"""`taskstart import agentpm`: a database's own times as a workload."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from engine.cli.importing import choose_target, finish, target_options
from engine.cli.options import chosen_project
from engine.clock import SystemClock
from engine.importing.agentpm import import_database
from engine.importing.workload_times import Span


@click.command("agentpm")
@target_options
def command(
    output: Path | None,
    force: bool,
    since: datetime | None,
    until: datetime | None,
    project: Path | None,
    as_json: bool,
) -> int:
    """Make a workload of the starts and writes that a project's database tells of.

    Each task's first start, its completion, and the last change of every row that a TaskStart
    reads. The report says what every column gave.
    """
    root = chosen_project(project)
    now = SystemClock().wall()
    target = choose_target(output, f"{root.name}-agentpm", now, force=force)
    workload, report = import_database(root, now, Span(since, until))
    empty = "the database tells of no start in that time"
    return finish(workload, report, target, force=force, as_json=as_json, empty=empty)
