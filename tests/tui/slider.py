"""From the key that moves a TTL to its predicted effect on screen: `python -m tests.tui.slider`.

A real engine process has recorded 100,000 starts and more; the console runs without a terminal, and
a moment counts as on screen once the frame after the prediction has been painted.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from engine.demo import ensure_demo
from engine.replay.events import Op, WorkloadEvent
from engine.replay.workload import Workload, WorkloadHeader, write_workload
from engine.service.client import EngineClient
from engine.service.launching import EngineTarget
from engine.service.messages import Play, PlayState, Snapshot
from tui.app import ConsoleApp
from tui.caches.draft_panel import DraftPanel

STARTS = 105_000
MOVES = 21


def _write_workload(path: Path) -> None:
    chosen = random.Random(3)
    events = [
        WorkloadEvent(
            t=number * 0.5,
            op=Op.TASKSTART,
            # A few tasks are asked for again and again, most now and then.
            task_id=min(300, 1 + int(chosen.paretovariate(0.6))),
        )
        for number in range(STARTS)
    ]
    settings = {"freshness": "ttl", "warming": False}
    write_workload(Workload(events, WorkloadHeader(settings=settings), "slider"), path)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(600):
        while True:
            if condition():
                return
            await asyncio.sleep(0.001)


async def _moved(app: ConsoleApp, key: str) -> float:
    """Milliseconds from the key to the painted prediction."""
    panel = app.screen.query_one(DraftPanel)
    before, painted = panel.preview, asyncio.Event()
    began = time.perf_counter()
    app.simulate_key(key)
    await _until(lambda: panel.preview is not None and panel.preview is not before)
    app.screen.call_after_refresh(painted.set)
    await painted.wait()
    return (time.perf_counter() - began) * 1000


def _has_ended(snapshot: Snapshot | None) -> bool:
    playback = snapshot.playback if snapshot is not None else None
    return playback is not None and playback.state is PlayState.FINISHED


async def _measure(workload: Path) -> list[float]:
    client = EngineClient(EngineTarget(ensure_demo(), private=True))
    app = ConsoleApp(client)
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            await _until(lambda: app.feed.snapshot is not None)
            await client.request(Play(name=str(workload), speed=0))
            await _until(lambda: _has_ended(app.feed.snapshot))
            await pilot.press("2")
            await pilot.pause(2.0)
            await _moved(app, "right")  # loads the recording into the worker
            return [
                await _moved(app, "right" if number % 8 < 4 else "left") for number in range(MOVES)
            ]
    finally:
        await client.close()


def main() -> None:
    """Print the median and the slowest."""
    with tempfile.TemporaryDirectory() as folder:
        workload = Path(folder) / "slider.jsonl"
        _write_workload(workload)
        took = asyncio.run(_measure(workload))
    sys.stdout.write(
        f"key to prediction on screen, {STARTS:,} starts recorded: "
        f"median {statistics.median(took):.0f} ms, slowest {max(took):.0f} ms, n {len(took)}\n"
    )


if __name__ == "__main__":
    main()
