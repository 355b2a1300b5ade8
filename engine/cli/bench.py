"""`taskstart bench`: the baseline against the optimized engine, and other measurements."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Protocol

import click

from engine.cli.options import json_option, project_option
from engine.core.project import find_project


class _Report(Protocol):
    def as_text(self) -> str:
        """For a person."""

    def as_json(self) -> bytes:
        """For a program."""


class _Progress:
    """One line on a terminal's standard error, which a redirected report does not hold."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def __call__(self, text: str) -> None:
        if self._shown:
            sys.stderr.write(f"\r\033[K{text}")
            sys.stderr.flush()

    def end(self) -> None:
        """Leave an empty line."""
        if self._shown:
            sys.stderr.write("\r\033[K")


@click.command("bench")
@project_option
@click.option("--quick", is_flag=True, help="About 15 seconds instead of more than a minute.")
@click.option(
    "--levels",
    is_flag=True,
    help="Instead: for one memory budget, the cache's tiers against a single L1.",
)
@click.option(
    "--floor",
    is_flag=True,
    help="Instead: a warm start against the least that checking its freshness can cost.",
)
@click.option(
    "--workload",
    metavar="NAME|FILE",
    help="With --levels: whose starts are played. Default: a seeded mix over all tasks.",
)
@json_option
def command(
    project: Path | None,
    quick: bool,
    levels: bool,
    floor: bool,
    workload: str | None,
    as_json: bool,
) -> int:
    """Measure cold, warm and after-a-write starts, native and modeled, and each optimization.

    Baseline and optimized starts are interleaved in one run. Without --project: the nearest
    project, else the demo. Writes go to a scratch copy.
    """
    if levels and floor:
        raise click.UsageError("say --levels or --floor, not both")
    if workload is not None and not levels:
        raise click.UsageError("--workload goes with --levels")
    root = _root(project)
    progress = _Progress()
    try:
        if levels:
            from engine.bench.levels import measure_levels
            from engine.service.library import find_playable

            played = find_playable(workload) if workload is not None else None
            report: _Report = asyncio.run(
                measure_levels(root, workload=played, quick=quick, progress=progress)
            )
        elif floor:
            from engine.bench.floor import measure_floor

            report = asyncio.run(measure_floor(root, quick=quick, progress=progress))
        else:
            from engine.bench.run import run_bench

            report = asyncio.run(run_bench(root, quick=quick, progress=progress))
    finally:
        progress.end()
    click.echo(report.as_json() if as_json else report.as_text())
    return 0


def _root(project: Path | None) -> Path:
    root = project if project is not None else find_project(Path.cwd())
    if root is None:
        from engine.demo import ensure_demo

        return ensure_demo()
    return root
