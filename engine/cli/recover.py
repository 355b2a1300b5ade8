"""`taskstart recover`: the one command that opens a project's database for writing."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.options import chosen_project, project_option
from engine.cli.reporting import FAILED
from engine.core.project import DATABASE
from engine.storage.recover import needs_recovery, recover


@click.command("recover")
@project_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(project: Path | None, yes: bool) -> int:
    """Roll back the half-done change of a writer that was killed, so that all can read again.

    SQLite does this by itself whenever somebody opens the database for writing; this product
    never does so unasked. Where there is nothing to roll back it says so and writes nothing.
    """
    database = chosen_project(project) / DATABASE
    if not needs_recovery(database):
        click.echo(f"{database}: nothing is wrong")
        click.echo(
            "it can be read, its pages are sound, and no killed writer left a change half-finished"
        )
        return 0
    click.echo(f"{database}: a killed writer left a half-finished change; nobody can read it now")
    if not yes and not _agreed(database):
        click.echo("taskstart: nothing was done", err=True)
        click.echo("  → taskstart recover --yes does it without asking", err=True)
        return FAILED
    click.echo(recover(database).text)
    return 0


def _agreed(database: Path) -> bool:
    try:
        return click.confirm(f"Open {database} for writing once?")
    except click.Abort as abort:
        if isinstance(abort.__context__, EOFError):
            click.echo(err=True)
            return False
        raise
