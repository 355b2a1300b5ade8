"""`taskstart bench`: the baseline against the optimized engine, in one run."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from engine.bench.run import run_bench
from engine.cli.options import json_option, project_option
from engine.core.project import find_project


@click.command("bench")
@project_option
@json_option
def command(project: Path | None, as_json: bool) -> int:
    """Measure cold, warm and after-a-write starts, native and modeled, and each optimization.

    Baseline and optimized starts are interleaved in one run. Without --project: the nearest
    project, else the demo. Writes go to a scratch copy.
    """
    root = project if project is not None else find_project(Path.cwd())
    if root is None:
        from engine.demo import ensure_demo

        root = ensure_demo()
    report = asyncio.run(run_bench(root, progress=_say))
    click.echo(report.as_json() if as_json else report.as_text())
    return 0


def _say(text: str) -> None:
    """Progress on standard error, which a redirected report does not hold."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()
