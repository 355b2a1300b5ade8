"""`taskstart import`: workloads from what is there already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click
import msgspec

from engine.cli.options import json_option, print_json, project_option
from engine.cli.usage import PlacingGroup
from engine.cli.values import InstantParam
from engine.errors import WorkloadError
from engine.importing.target import check_target
from engine.replay.recorder import recording_path
from engine.replay.workload import Workload, file_title, read_workload, write_workload

F = TypeVar("F", bound=Callable[..., Any])
_KINDS = {
    "claude-code": "Starts of agents, from Claude Code's transcripts.",
    "agentpm": "Starts and writes, from an AgentPM database's own times.",
}


class Report(Protocol):
    """What an import says of itself."""

    workload: str

    def as_text(self) -> str:
        """For a person."""


class _ImportGroup(PlacingGroup):
    """Knows its kinds by name and imports them on demand, as the group above it does."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_KINDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "claude-code":
            from engine.cli import import_claude_code

            return import_claude_code.command
        if cmd_name == "agentpm":
            from engine.cli import import_agentpm

            return import_agentpm.command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_KINDS.items()))


@click.group("import", cls=_ImportGroup)
def command() -> int:
    """Make a workload from what is there already; it plays with `taskstart replay`.

    What is imported is only read. The workload holds times, ids, roles and statuses, no texts.
    """
    return 0


def target_options(function: F) -> F:
    """`--output`, `--force`, `--since`, `--until`, `--project` and `--json`."""
    options = (
        click.option(
            "--output",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Where to write, .jsonl or .jsonl.gz. Default: a new name in your data folder, which"
            " `taskstart scenarios` lists.",
        ),
        click.option("--force", is_flag=True, help="Replace the workload that FILE holds."),
        click.option("--since", type=InstantParam(), help="Nothing before this moment."),
        click.option("--until", type=InstantParam(), help="Nothing from this moment on."),
        project_option,
        json_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


def choose_target(output: Path | None, word: str, now: datetime, *, force: bool) -> Path:
    """Where the workload goes.

    Raises:
        WorkloadError: nothing may be written there.
    """
    path = recording_path(word, now) if output is None else _absolute(output)
    check_target(path, force=force)
    return path


def _absolute(output: Path) -> Path:
    """The file that is meant, by a path without links but for its own name."""
    path = output.expanduser()
    try:
        return path.parent.resolve() / path.name
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WorkloadError(
            f"{output}: cannot be written ({reason})", "name another file with --output"
        ) from error


def finish(
    workload: Workload | None, report: Report, path: Path, *, force: bool, as_json: bool, empty: str
) -> int:
    """Write the workload, if there is one, and say what was imported; the exit code.

    Args:
        empty: what to say where there is nothing to play.

    Raises:
        WorkloadError: there is nothing to play, or it may not be written there.
    """
    if workload is not None:
        check_target(path, force=force)
        name = file_title(path)
        header = msgspec.structs.replace(workload.header, name=name)
        write_workload(Workload(workload.events, header), path)
        read_workload(path)
        report.workload = str(path)
    if as_json:
        print_json(msgspec.to_builtins(report), indent=2)
    else:
        click.echo(report.as_text())
    if workload is None:
        raise WorkloadError(f"{empty}; nothing was written")
    if not as_json:
        click.echo(f"next: taskstart replay {path} --speed max")
    return 0
