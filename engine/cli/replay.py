"""`taskstart replay`: a workload without the console."""

from __future__ import annotations

import asyncio
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import click
import msgspec

from engine.cli.options import (
    chosen_project,
    chosen_settings,
    json_option,
    optimizations_option,
    print_json,
    profile_option,
    project_option,
)
from engine.cli.reporting import FAILED, note
from engine.cli.values import SpeedParam
from engine.core.project import find_project
from engine.errors import ProjectError
from engine.optimizations import Optimization, format_optimizations
from engine.replay.against import recorded_figures, side_by_side
from engine.replay.comparing import compare_freshness as compare_ways
from engine.replay.latency import Latency, in_words
from engine.replay.report import ReplayReport
from engine.replay.run_file import read_run
from engine.replay.session import Replay, run_replay
from engine.replay.workload import Workload
from engine.service.library import find_playable
from engine.settings import Settings

_PROGRESS_EVERY_S = 0.25


@click.command("replay")
@click.argument("workload")
@project_option
@click.option(
    "--speed", type=SpeedParam(), help="Factor of the recorded speed, or max. Default: 1."
)
@click.option(
    "--rest",
    is_flag=True,
    help="At speed max, give background work the workload's idle time, at most 1 s a gap.",
)
@optimizations_option
@profile_option
@click.option(
    "--compare-freshness",
    is_flag=True,
    help="Play it three times, as fast as possible: strict with warming, strict, and by TTL alone.",
)
@click.option(
    "--against",
    metavar="RUN",
    type=click.Path(path_type=Path),
    help="A recording's .run.jsonl: what was measured then, beside this replay.",
)
@json_option
def command(
    workload: str,
    project: Path | None,
    speed: float | None,
    rest: bool,
    optimizations: frozenset[Optimization] | None,
    profile: str | None,
    compare_freshness: bool,
    against: Path | None,
    as_json: bool,
) -> int:
    """Play WORKLOAD (a scenario's name or a file) on a scratch copy of the project and report.

    The project itself is only read. Without --project a workload that was made for the demo, as
    the bundled scenarios were, is played on the demo. What --optimizations and --profile say holds
    for the whole replay, whatever the workload sets.
    """
    found = find_playable(workload)
    recorded = recorded_figures(read_run(against)) if against is not None else None
    root = _project(project, found, as_json=as_json)
    if compare_freshness:
        return _compare(root, found, as_json)
    fixed: dict[str, Any] = {}
    if optimizations is not None:
        fixed["optimizations"] = format_optimizations(optimizations)
    if profile is not None:
        fixed["profile"] = profile
    report = asyncio.run(_replay(root, found, chosen_settings(root), fixed, speed, rest))
    if as_json:
        fields = msgspec.to_builtins(report)
        if recorded is not None:
            fields["recorded"] = msgspec.to_builtins(recorded)
        print_json(fields, indent=2)
    else:
        click.echo(describe(report))
        if recorded is not None:
            click.echo(side_by_side(recorded, report))
    return FAILED if report.errors or report.writes_refused else 0


def _compare(root: Path, workload: Workload, as_json: bool) -> int:
    progress = _Progress() if sys.stderr.isatty() else None
    settings = chosen_settings(root)
    try:
        found = asyncio.run(compare_ways(root, workload, settings=settings, on_progress=progress))
    finally:
        if progress is not None:
            progress.end()
    click.echo(found.as_json() if as_json else found.as_text())
    failed = any(one.errors or one.writes_refused for one in found.reports.values())
    return FAILED if failed else 0


def _project(project: Path | None, workload: Workload, *, as_json: bool) -> Path:
    if project is not None or workload.header.project != "demo":
        return chosen_project(project)
    from engine.demo import ensure_demo

    root = ensure_demo()
    around = _project_around()
    if around is not None and around.resolve() != root.resolve():
        note(
            f"{workload.name} was made for the demo project and plays on it, "
            f"not on {around} (--project {shlex.quote(str(around))} plays it there)",
            as_json=as_json,
        )
    return root


def _project_around() -> Path | None:
    try:
        return find_project()
    except ProjectError:
        # The working folder is gone or closed: nobody can mean a project there.
        return None


async def _replay(
    root: Path,
    workload: Workload,
    settings: Settings,
    fixed: dict[str, Any],
    speed: float | None,
    rest: bool,
) -> ReplayReport:
    progress = _Progress() if sys.stderr.isatty() else None
    try:
        return await run_replay(
            root,
            workload,
            settings=settings,
            fixed=fixed,
            speed=speed,
            rest=rest,
            on_progress=progress,
        )
    finally:
        if progress is not None:
            progress.end()


class _Progress:
    """One line on a terminal's standard error, a few times a second."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def __call__(self, replay: Replay) -> None:
        now = time.monotonic()
        if now < self._next_s:
            return
        self._next_s = now + _PROGRESS_EVERY_S
        view = replay.player.view()
        done = f"{view.starts:,} of {view.total_starts:,} starts"
        sys.stderr.write(f"\r\033[K{view.name}: {done}, {view.writes:,} writes")
        sys.stderr.flush()

    def end(self) -> None:
        sys.stderr.write("\r\033[K")


def describe(report: ReplayReport) -> str:
    """The report for a person."""
    measured = f"modeled ({report.profile})" if report.modeled else "native"
    speed = f"×{report.speed:g}" if report.speed else "as fast as possible"
    lines = [
        f"{report.workload} on {report.project}: {report.state}",
        f"  played      {speed}, {measured}, freshness {report.freshness}, "
        f"optimizations {report.optimizations}",
        f"  starts      {report.starts:,}: {report.warm:,} warm, {report.errors:,} failed",
        f"  writes      {_writes(report)}",
        f"  TaskStart   {_latency(report.latency)}",
        f"  database    {_latency(report.database)}",
        f"  hit rate    {_percent(report.hit_rate)} of all look-ups",
        f"  time        {report.wall_s:.1f} s on the wall, {report.virtual_s:,.0f} s of the workload"
        f", {report.skipped_s:,.0f} s skipped, at most {report.worst_behind_ms:.1f} ms late",
    ]
    lines += [f"  failed      {count} × {reason}" for reason, count in report.failures.items()]
    lines += [f"  refused     {refusal}" for refusal in report.refusals]
    if report.result:
        lines.append(f"  result      {report.result}")
    return "\n".join(lines)


def _writes(report: ReplayReport) -> str:
    said = f"{report.writes:,}, {report.writes_refused:,} refused"
    if report.writes_without_row:
        # A workload of another project is the likely reason.
        said += f", {report.writes_without_row:,} named nothing in this project"
    return said


def _latency(latency: Latency) -> str:
    figures = (
        ("p50", latency.p50_ms),
        ("p95", latency.p95_ms),
        ("p99", latency.p99_ms),
        ("max", latency.max_ms),
    )
    said = "  ".join(f"{name} {in_words(value)}" for name, value in figures)
    return f"{said} ms  (n {latency.n:,})"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
