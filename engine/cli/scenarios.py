"""`taskstart scenarios`: what can be played."""

from __future__ import annotations

import click
import msgspec

from engine.cli.options import json_option, print_json
from engine.lengths import length_text
from engine.service.library import list_playable
from engine.service.messages import ScenarioView


@click.command("scenarios")
@json_option
def command(as_json: bool) -> int:
    """List the bundled scenarios and your own recordings."""
    found = list_playable()
    if as_json:
        print_json([msgspec.to_builtins(view) for view in found], indent=2)
        return 0
    width = max((len(view.name) for view in found), default=0)
    for view in found:
        click.echo(f"{view.name:<{width}}  {_line(view)}")
    return 0


def _line(view: ScenarioView) -> str:
    kind = "≈ modeled" if view.modeled else "● native "
    counts = f"{view.starts:>6,} starts {view.writes:>6,} writes"
    return f"{length_text(view.wall_s):>6} {counts}  {kind}  {view.line}"
