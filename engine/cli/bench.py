"""`taskstart bench`: the baseline against the optimized engine, and other measurements."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Protocol

import click

from engine.bench.budget import FULL, QUICK, Progress
from engine.bench.run import run_bench
from engine.cli.options import json_option, project_option
from engine.cli.usage import WrongUse
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
@click.option("--quick", is_flag=True, help="About half a minute instead of some minutes.")
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
    "--freshness",
    is_flag=True,
    help="Instead: answers beside a process that commits 300 times a second; is one ever stale?",
)
@click.option(
    "--hook",
    is_flag=True,
    help="Instead: what being called costs, by the installed client and by HTTP.",
)
@click.option(
    "--full",
    is_flag=True,
    help="With --freshness: 100,000 starts a situation, half a million in all, not 20,000.",
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
    freshness: bool,
    hook: bool,
    full: bool,
    workload: str | None,
    as_json: bool,
) -> int:
    """Measure cold, warm and after-a-write starts, native and modeled, and each optimization.

    Baseline and optimized starts are interleaved in one run. Without --project: the nearest
    project, else the demo. Writes go to a scratch copy.
    """
    if levels + floor + freshness + hook > 1:
        raise WrongUse(
            "each of --levels, --floor, --freshness and --hook is a measurement of its own",
            "say one of them",
        )
    if full and not freshness:
        raise WrongUse("--full goes with --freshness", "say both, or neither")
    if workload is not None and not levels:
        raise WrongUse("--workload goes with --levels", "say both, or neither")
    root = _root(project)
    progress = _Progress()
    try:
        if levels:
            measuring: Coroutine[Any, Any, _Report] = _levels(root, workload, quick, progress)
        elif floor:
            measuring = _floor(root, quick, progress)
        elif hook:
            measuring = _hook(root, quick, progress)
        elif freshness:
            measuring = _freshness(root, quick, full, progress)
        else:
            measuring = run_bench(root, budget=QUICK if quick else FULL, progress=progress)
        report = asyncio.run(measuring)
    finally:
        progress.end()
    click.echo(report.as_json() if as_json else report.as_text())
    return 0


def _levels(
    root: Path, workload: str | None, quick: bool, progress: Progress
) -> Coroutine[Any, Any, _Report]:
    from engine.bench import levels
    from engine.service.library import find_playable

    played = find_playable(workload) if workload is not None else None
    if quick:
        return levels.measure_levels(
            root,
            workload=played,
            starts=levels.QUICK_STARTS,
            seconds=levels.QUICK_S,
            progress=progress,
        )
    return levels.measure_levels(root, workload=played, progress=progress)


def _floor(root: Path, quick: bool, progress: Progress) -> Coroutine[Any, Any, _Report]:
    from engine.bench import floor

    seconds = floor.QUICK_S if quick else floor.FULL_S
    return floor.measure_floor(root, seconds=seconds, progress=progress)


def _freshness(
    root: Path, quick: bool, full: bool, progress: Progress
) -> Coroutine[Any, Any, _Report]:
    from engine.bench import freshness

    starts = freshness.QUICK_STARTS if quick else freshness.STARTS
    starts = freshness.FULL_STARTS if full else starts
    return freshness.measure_freshness(root, starts=starts, progress=progress)


def _hook(root: Path, quick: bool, progress: Progress) -> Coroutine[Any, Any, _Report]:
    from engine.bench import hook

    rounds = hook.QUICK_ROUNDS if quick else hook.ROUNDS
    return hook.measure_hook(root, rounds=rounds, progress=progress)


def _root(project: Path | None) -> Path:
    root = project if project is not None else find_project(Path.cwd())
    if root is None:
        from engine.demo import ensure_demo

        return ensure_demo()
    return root
