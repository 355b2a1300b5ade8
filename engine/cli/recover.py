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
    if not yes and not click.confirm(f"Open {database} for writing once?"):
        click.echo("nothing was done", err=True)
        return FAILED
    click.echo(recover(database).text)
    return 0
