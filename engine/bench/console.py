"""`python -m engine.bench.console first-frame|drawing`: what the console costs, measured from outside.

Both run real programs under pseudo-terminals and print medians with their spread; they take
minutes, since they compare whole processes in turn.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from engine.bench.terminal import CONSOLE_FRAME, Terminal, own_folders
from engine.demo import ensure_demo
from engine.replay.events import Op, WorkloadEvent
from engine.replay.workload import Workload, WorkloadHeader, write_workload
from engine.service.client import EngineClient
from engine.service.launching import EngineTarget
from engine.service.messages import GetReport, Play, PlayState, Report, StopPlayback

_EMPTY_APP = "from textual.app import App\nApp().run()\n"
_EMPTY_FRAME = b"\x1b[1;1H"
"""Textual moves the cursor to the top left just before it writes its first frame."""
_STARTS_PER_S = 500
_WARMING_S = 8.0
"""Before the first start, twice what warming the demo takes: a burst of cold starts would hide what
drawing does to the warm ones."""


def measure_first_frame(runs: int) -> dict[str, list[float]]:
    """Seconds to the first painted frame: an empty Textual app and the console, in turn."""
    python = sys.executable
    console = [python, "-c", "from engine.cli.main import main; main()", "--demo"]
    ensure_demo()
    found: dict[str, list[float]] = {"empty app": [], "console": []}
    for _ in range(runs + 1):
        for name, command, needle in (
            ("empty app", [python, "-c", _EMPTY_APP], _EMPTY_FRAME),
            ("console", console, CONSOLE_FRAME),
        ):
            terminal = Terminal(command)
            try:
                found[name].append(terminal.seconds_until(needle))
            finally:
                terminal.end()
    # The first pair warms the disk cache and compiles what was never imported.
    return {name: seconds[1:] for name, seconds in found.items()}


def _write_traffic(path: Path, project_tasks: int, starts: int) -> None:
    chosen = random.Random(7)
    events = [
        WorkloadEvent(
            t=_WARMING_S + index / _STARTS_PER_S,
            op=Op.TASKSTART,
            task_id=chosen.randint(1, project_tasks),
        )
        for index in range(starts)
    ]
    write_workload(Workload(events, WorkloadHeader(), "steady"), path)


async def _play(target: EngineTarget, workload: Path, starts: int) -> float:
    """Play the workload without watching it; the p99 in milliseconds."""
    client = EngineClient(target)
    await client.open()
    await client.do(Play(name=str(workload), speed=1.0))
    await client.close()
    await asyncio.sleep(_WARMING_S + starts / _STARTS_PER_S + 0.5)
    client = EngineClient(target)
    await client.open()
    try:
        while True:
            report = (await client.ask(GetReport(), Report)).report
            if report["state"] == PlayState.FINISHED:
                break
            await asyncio.sleep(0.2)
        await client.do(StopPlayback(leave=True))
    finally:
        await client.close()
    p99: float = report["latency"]["p99_ms"]
    return p99


def measure_drawing(pairs: int, starts: int) -> dict[str, list[float]]:
    """p99 of the same replay, headless and with a console drawing it, in turn."""
    root = ensure_demo()
    found: dict[str, list[float]] = {"headless": [], "drawing": []}
    with own_folders() as environment, tempfile.TemporaryDirectory() as folder:
        os.environ.update(environment)
        workload = Path(folder) / "steady.jsonl"
        _write_traffic(workload, 300, starts)
        serve = [sys.executable, "-c", "from engine.cli.main import main; main()", "serve"]
        engine = subprocess.Popen(
            [*serve, "--project", str(root)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            target = EngineTarget(root, attach_only=True)
            time.sleep(3.0)
            for pair in range(pairs):
                order = ("headless", "drawing") if pair % 2 else ("drawing", "headless")
                for name in order:
                    p99 = _one(name, root, target, workload, starts, environment)
                    found[name].append(p99)
                    click.echo(f"pair {pair + 1} {name}: p99 {p99:.3f} ms", err=True)
        finally:
            engine.terminate()
            engine.wait(10)
    return found


def _one(
    name: str,
    root: Path,
    target: EngineTarget,
    workload: Path,
    starts: int,
    environment: dict[str, str],
) -> float:
    if name == "headless":
        return asyncio.run(_play(target, workload, starts))
    console = [sys.executable, "-c", "from engine.cli.main import main; main()"]
    terminal = Terminal([*console, "--project", str(root)], environment)
    try:
        terminal.seconds_until(CONSOLE_FRAME)
        terminal.drain()
        return asyncio.run(_play(target, workload, starts))
    finally:
        terminal.end()


def describe(found: dict[str, list[float]], unit: str, scale: float) -> list[str]:
    """One line for each way, and the ratio pair by pair."""
    lines = []
    for name, values in found.items():
        low, middle, high = min(values), statistics.median(values), max(values)
        lines.append(
            f"{name:<10} median {middle * scale:8.2f} {unit}   "
            f"min {low * scale:8.2f}   max {high * scale:8.2f}   n {len(values)}"
        )
    first, second = found.values()
    ratios = [b / a for a, b in zip(first, second, strict=True)]
    lines.append(
        f"ratio      median {statistics.median(ratios):8.2f}      "
        f"min {min(ratios):8.2f}   max {max(ratios):8.2f}   pair by pair"
    )
    return lines


@click.group()
def main() -> None:
    """Measure what the console costs."""


@main.command("first-frame")
@click.option("--runs", default=15, show_default=True)
def first_frame(runs: int) -> None:
    """First painted frame, from the process's start: the console against an empty Textual app."""
    click.echo("\n".join(describe(measure_first_frame(runs), "ms", 1000.0)))


@main.command("drawing")
@click.option("--pairs", default=9, show_default=True)
@click.option("--starts", default=5000, show_default=True)
def drawing(pairs: int, starts: int) -> None:
    """p99 from the intended start, 500 starts a second: headless, and with the console drawing."""
    click.echo("\n".join(describe(measure_drawing(pairs, starts), "ms", 1.0)))


if __name__ == "__main__":
    main()
