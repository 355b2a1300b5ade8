"""One try at a time: the recorded traffic under a draft, played in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from engine.children import RUN_MODULE, end_child
from engine.errors import ServiceError
from engine.replay.trying import TryFailure, TryFrame, TryProgress, TryRequest, TryResult
from engine.service.messages import EffectView, TryState, TryView

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 300.0
_END_SECONDS = 5.0
"""Long enough to remove a scratch copy."""


class TryRunner:
    """Owns the process and the task that reads from it; `aclose` ends both."""

    def __init__(self, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout_seconds
        self._task: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()
        self._began = 0.0
        self._view: TryView | None = None

    @property
    def view(self) -> TryView | None:
        """The try that is on, or the last one."""
        view = self._view
        if view is None or self._task is None or self._task.done():
            return view
        return msgspec.structs.replace(view, seconds=time.monotonic() - self._began)

    async def start(
        self,
        request: TryRequest,
        changes: dict[str, Any],
        label: str,
        predicted: EffectView,
    ) -> None:
        """Begin a try in the place of any other; returns at once."""
        # Several consoles may ask in the same moment: none must lose sight of another's process.
        async with self._changing:
            await self._cancel()
            self._began = time.monotonic()
            self._view = TryView(
                state=TryState.PREPARING,
                changes=changes,
                label=label,
                total=len(request.events),
                predicted=predicted,
            )
            self._task = asyncio.create_task(self._run(request), name="try")

    async def cancel(self) -> bool:
        """Give up the try that is on; False when none is."""
        async with self._changing:
            return await self._cancel()

    async def _cancel(self) -> bool:
        task = self._task
        if task is None or task.done():
            return False
        task.cancel()
        await asyncio.wait([task])
        # A task that never had its turn has not told its end itself.
        self._end(TryState.CANCELLED)
        return True

    async def aclose(self) -> None:
        """End what is on."""
        await self.cancel()

    async def _run(self, request: TryRequest) -> None:
        try:
            async with asyncio.timeout(self._timeout), _process() as process:
                await self._follow(process, msgspec.msgpack.encode(request))
        except TimeoutError:
            self._end(TryState.FAILED, error=f"it took longer than {self._timeout:g} s")
        except (OSError, asyncio.IncompleteReadError) as error:
            log.warning("the try's process ended: %r", error)
            self._end(TryState.FAILED, error="its process ended before it was done; try again")
        except Exception as error:
            # Whoever watches it would otherwise see it play for ever.
            log.exception("the try failed")
            self._end(TryState.FAILED, error=f"it failed ({error!r})")

    async def _follow(self, process: asyncio.subprocess.Process, request: bytes) -> None:
        sink, source = process.stdin, process.stdout
        assert sink is not None
        assert source is not None
        sink.write(struct.pack(">I", len(request)) + request)
        await sink.drain()
        decoder: msgspec.msgpack.Decoder[TryFrame] = msgspec.msgpack.Decoder(TryFrame)
        while True:
            (length,) = struct.unpack(">I", await source.readexactly(4))
            match decoder.decode(await source.readexactly(length)):
                case TryProgress(done, total, measured, errors):
                    self._tell(
                        TryState.PLAYING, done=done, total=total, measured=measured, errors=errors
                    )
                case TryResult(total, measured, errors):
                    self._end(
                        TryState.FINISHED, done=total, total=total, measured=measured, errors=errors
                    )
                    return
                case TryFailure(reason, remedy):
                    self._end(TryState.FAILED, error=f"{reason}: {remedy}" if remedy else reason)
                    return

    def _end(self, state: TryState, **values: Any) -> None:
        self._tell(state, seconds=time.monotonic() - self._began, **values)

    def _tell(self, state: TryState, **values: Any) -> None:
        assert self._view is not None, "a try has a view from its beginning"
        self._view = msgspec.structs.replace(self._view, state=state, **values)


@contextlib.asynccontextmanager
async def _process() -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *RUN_MODULE,
        "engine.replay.trying",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        await end_child(process, _END_SECONDS)


def require_events(request: TryRequest) -> None:
    """Refuse to play nothing.

    Raises:
        ServiceError: no start was recorded.
    """
    if not request.events:
        raise ServiceError(
            "no traffic is recorded yet", "connect a hook, play a scenario, or start a task first"
        )
