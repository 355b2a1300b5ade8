"""Playing a workload under given settings in a process of its own: `python -m engine.replay.trying`.

The request comes on standard input, progress and the result go to standard output; frames are a
4-byte big-endian length and MessagePack. The process gives up when its standard input ends, so
that it never outlives the engine that started it, and removes its scratch copy then.
"""

from __future__ import annotations

import asyncio
import os
import struct
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from engine.errors import TaskStartError
from engine.replay.events import WorkloadEvent
from engine.replay.session import Replay, run_replay
from engine.replay.tally import CacheCount, Tally
from engine.replay.workload import Workload, WorkloadHeader
from engine.service.messages import EffectView
from engine.settings import Settings
from engine.trace import Namespace

_NICENESS = 10
"""A try may take longer; a start may not."""
_TELL_EVERY_SECONDS = 0.2


class TryRequest(msgspec.Struct, frozen=True):
    """What to play, on a scratch copy of which project, under which settings."""

    root: str
    settings: Settings
    events: list[WorkloadEvent]
    start: datetime | None
    """Wall time of `t` 0."""
    name: str


class TryProgress(msgspec.Struct, tag=True, frozen=True):
    """So far."""

    done: int
    total: int
    measured: EffectView
    errors: int


class TryResult(msgspec.Struct, tag=True, frozen=True):
    """In the end."""

    total: int
    measured: EffectView
    errors: int


class TryFailure(msgspec.Struct, tag=True, frozen=True):
    """It could not be played."""

    reason: str
    remedy: str


TryFrame = TryProgress | TryResult | TryFailure


async def play(request: TryRequest, out: BinaryIO) -> None:
    """Play `request`, as fast as possible, and write what comes of it."""
    header = WorkloadHeader(start=request.start, project="")
    workload = Workload(request.events, header, request.name)
    told_at = 0.0

    def tell(replay: Replay) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at < _TELL_EVERY_SECONDS:
            return
        told_at = now
        tally = replay.player.tally
        done = tally.starts + tally.writes
        stale = replay.engine.stale_view()
        measured = _measured(tally, stale.stale if stale is not None else 0)
        _write(out, TryProgress(done, len(workload.events), measured, tally.errors))

    try:
        report = await run_replay(
            Path(request.root),
            workload,
            settings=request.settings,
            speed=0,
            rest=True,
            on_progress=tell,
        )
    except TaskStartError as error:
        _write(out, TryFailure(error.reason, error.remedy))
        return
    answers = next((one for one in report.caches if one.name == Namespace.ANSWERS), None)
    stale = report.stale
    measured = EffectView(
        reads=answers.asked if answers is not None else 0,
        hits=answers.answered if answers is not None else 0,
        hit_rate=answers.hit_rate if answers is not None else None,
        stale=stale.stale if stale is not None else 0,
        text_differs=stale.text_differs if stale is not None else 0,
        oldest_s=stale.oldest_s if stale is not None else 0.0,
        needless=answers.needless if answers is not None else 0,
    )
    _write(out, TryResult(len(workload.events), measured, report.errors))


def _measured(tally: Tally, stale: int) -> EffectView:
    count = tally.caches.get(Namespace.ANSWERS, CacheCount())
    return EffectView(
        reads=count.asked,
        hits=count.answered,
        hit_rate=count.answered / count.asked if count.asked else None,
        stale=stale,
        needless=count.needless,
    )


def _write(out: BinaryIO, frame: TryFrame) -> None:
    data = msgspec.msgpack.encode(frame)
    out.write(struct.pack(">I", len(data)) + data)
    out.flush()


class _InputWatch(asyncio.Protocol):
    """Cancels the playing when standard input ends."""

    def __init__(self, playing: asyncio.Task[None]) -> None:
        self._playing = playing

    def connection_lost(self, exc: Exception | None) -> None:
        self._playing.cancel()


async def serve() -> None:
    """Play the one request of standard input; nothing where that ends before it is complete."""
    head = sys.stdin.buffer.read(4)
    length = struct.unpack(">I", head)[0] if len(head) == 4 else 0
    body = sys.stdin.buffer.read(length)
    if not length or len(body) < length:
        return  # given up before it began
    request = msgspec.msgpack.decode(body, type=TryRequest)
    playing = asyncio.create_task(play(request, sys.stdout.buffer), name="playing")
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: _InputWatch(playing), sys.stdin)
    await asyncio.wait([playing])
    if not playing.cancelled():
        playing.result()


if __name__ == "__main__":
    os.nice(_NICENESS)
    asyncio.run(serve())
