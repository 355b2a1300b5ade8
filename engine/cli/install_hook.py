"""`taskstart install-hook`: agents ask the engine from now on."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import click

from engine.cli.options import chosen_project, project_option
from engine.cli.usage import WrongUse
from engine.cli.values import BUDGET, WholeNumber
from engine.hook.installation import CallerKind, HookChoice, Installation


@click.command("install-hook")
@project_option
@click.option("--agentpm", "kind", flag_value="agentpm", help="AgentPM's TaskStart (the default).")
@click.option("--claude-code", "kind", flag_value="claude-code", help="Claude Code's agents.")
@click.option("--http/--command", default=False, help="Claude Code: over TCP, or by a command.")
@click.option(
    "--port", type=WholeNumber(1024, 65535), help="TCP port of --http. Default: by project."
)
@click.option("--local", is_flag=True, help="Claude Code: settings.local.json, for you alone.")
@click.option("--prompts", is_flag=True, help="Claude Code: answer your own prompts too.")
@click.option("--rendering", type=click.Choice(["agentpm", "full"]), help="How to write contexts.")
@click.option(
    "--budget",
    type=BUDGET,
    metavar="CHARACTERS",
    help="Most characters of a context. Default: as the settings say.",
)
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
def command(
    project: Path | None,
    kind: str | None,
    http: bool,
    port: int | None,
    local: bool,
    prompts: bool,
    rendering: str | None,
    budget: int | None,
    dry_run: bool,
) -> int:
    """Let AgentPM's TaskStart or Claude Code's agents ask the project's engine.

    Shows what it changes and keeps a copy beside it; nothing else in the file is touched, and
    `taskstart uninstall-hook` puts it back byte for byte. Without an engine the hook assembles the
    context itself, more slowly.
    """
    _require_fitting(kind, http, port, local or prompts)
    root = chosen_project(project)
    given = {"rendering": rendering, "budget": budget}
    choice = HookChoice(
        CallerKind(kind or ("claude-code" if http or local or prompts else "agentpm")),
        http=http,
        port=port or 0,
        local=local,
        prompts=prompts,
        query=urlencode({name: value for name, value in given.items() if value is not None}),
    )
    installation = Installation(root)
    change = installation.plan(choice) if dry_run else installation.install(choice)
    if change.before == change.after:
        click.echo(f"installed already: {change.path}")
    else:
        click.echo(change.diff(), nl=False)
        click.echo("nothing was changed (--dry-run)" if dry_run else f"installed: {change.path}")
    if choice.http and not dry_run:
        click.echo("start Claude Code with the token in its environment:")
        click.echo(f'  export TASKSTART_TOKEN="$(cat {installation.folder.token_path})"')
    return 0


def _require_fitting(kind: str | None, http: bool, port: int | None, more: bool) -> None:
    """Refuse options of one caller for the other: they would be left out in silence."""
    if kind == CallerKind.AGENTPM and (http or port is not None or more):
        raise WrongUse(
            "--http, --port, --local and --prompts are about Claude Code, --agentpm is not",
            "say --claude-code, or leave them out",
        )
    if port is not None and not http:
        raise WrongUse("--port is the port of --http", "add --http, or leave --port out")
