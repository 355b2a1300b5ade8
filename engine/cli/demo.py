"""`taskstart demo`: a project to try things on."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.options import json_option, print_json
from engine.cli.values import WholeNumber
from engine.demo import DEFAULT_SEED, make_demo


@click.command("demo")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--tasks", type=WholeNumber(1, 1_000_000), default=300, show_default=True, help="How many."
)
@click.option(
    "--agents", type=WholeNumber(1, 100_000), default=40, show_default=True, help="How many."
)
@click.option(
    "--seed",
    type=WholeNumber(-(2**63), 2**63 - 1),
    default=DEFAULT_SEED,
    show_default=True,
    help="Of the content.",
)
@json_option
def command(directory: Path, tasks: int, agents: int, seed: int, as_json: bool) -> int:
    """Make an AgentPM-compatible demo project in DIR, a new or empty folder."""
    made = make_demo(directory, tasks=tasks, agents=agents, seed=seed)
    if as_json:
        print_json({"root": str(made.root), "tasks": made.tasks, "agents": made.agents})
    else:
        click.echo(f"{made.root}: {made.tasks:,} tasks, {made.agents:,} agents")
        click.echo(f"next: taskstart --project {made.root}")
    return 0
