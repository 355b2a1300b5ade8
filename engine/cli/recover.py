"""`taskstart recover`: the one command that opens a project's database for writing."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.main import FAILED
from engine.cli.options import chosen_project, project_option
from engine.core.project import DATABASE
from engine.storage.recover import recover


@click.command("recover")
@project_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(project: Path | None, yes: bool) -> int:
    """Roll back the half-done change of a writer that was killed, so that all can read again.

    SQLite does this by itself whenever somebody opens the database for writing; this product
    never does so unasked.
    """
    database = chosen_project(project) / DATABASE
    if not yes and not _agreed(database):
        click.echo("nothing was done (--yes does it without asking)", err=True)
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
