"""`taskstart uninstall-hook`: everything as it was before install-hook."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.options import chosen_project, project_option
from engine.hook.installation import Installation


@click.command("uninstall-hook")
@project_option
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
def command(project: Path | None, dry_run: bool) -> int:
    """Take the project's hooks out, byte for byte.

    A file that was changed since keeps those changes and loses only the hook.
    """
    installation = Installation(chosen_project(project))
    changes = installation.plan_removal() if dry_run else installation.remove()
    if not changes:
        click.echo("no hook is installed")
        return 0
    for change in changes:
        click.echo(change.diff(), nl=False)
        click.echo(f"would be as before: {change.path}" if dry_run else f"as before: {change.path}")
    return 0
