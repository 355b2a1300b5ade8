"""One attached viewer: what waits to be sent to it, and the tasks that read and write.

A viewer that reads slowly never holds more than one snapshot, and never holds up another: each
has its own writer, and a newer snapshot takes the place of one that was not sent yet.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from engine.errors import TaskStartError
from engine.service.frames import (
    MAX_REQUEST_BYTES,
    FrameError,
    UnknownCommandError,
    decode_request,
    encode_frame,
    read_frame,
)
from engine.service.messages import Failed, Reply, Request

log = logging.getLogger(__name__)

MAX_WAITING_FRAMES = 256
"""Replies and events for a viewer that does not read; beyond this it is cut off."""
MAX_COMMANDS_AT_ONCE = 16
"""Commands of one viewer that are carried out at once; more are not read meanwhile."""

Handler = Callable[[Request], Awaitable[Reply]]


class Viewer:
    """One connection; `serve` runs until either side ends it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._waiting: deque[bytes] = deque()
        self._snapshot: bytes | None = None
        self._to_send = asyncio.Event()
        self._sent = asyncio.Event()
        self._slots = asyncio.Semaphore(MAX_COMMANDS_AT_ONCE)

    def offer_snapshot(self, frame: bytes) -> None:
        """Send `frame` when the viewer is ready for it, unless a newer one comes first."""
        self._snapshot = frame
        self._wake()

    def send(self, frame: bytes) -> None:
        """Send `frame` after those before it; a viewer that lets too many pile up is cut off."""
        if len(self._waiting) >= MAX_WAITING_FRAMES:
            log.warning(
                "a viewer reads nothing: cut off with %d frames waiting", MAX_WAITING_FRAMES
            )
            self._writer.transport.abort()
            return
        self._waiting.append(frame)
        self._wake()

    def _wake(self) -> None:
        self._sent.clear()
        self._to_send.set()

    async def serve(self, handle: Handler) -> None:
        """Answer requests and send what is offered until the connection ends.

        Commands that were begun are carried out to their end, even when their viewer has left:
        half a change of settings would be worse than one that nobody waits for.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(self._send_all(), name="viewer-writer")
                try:
                    await self._read_all(handle, tasks)
                finally:
                    sending.cancel()
        finally:
            # Not close(): that would wait for a viewer that reads nothing to take what is buffered.
            self._writer.transport.abort()
            # Nor is an ending engine to wait for one that has left with something unsent.
            self._sent.set()

    async def flush(self) -> None:
        """Wait until all that was offered has been handed to the system, or the viewer has left."""
        await self._sent.wait()

    async def _read_all(self, handle: Handler, tasks: asyncio.TaskGroup) -> None:
        try:
            while (body := await read_frame(self._reader, MAX_REQUEST_BYTES)) is not None:
                try:
                    request = decode_request(body)
                except UnknownCommandError as error:
                    self.send(encode_frame(refusal(error.request_id, error)))
                    continue
                await self._slots.acquire()
                tasks.create_task(self._answer(handle, request), name="viewer-command")
        except (FrameError, ConnectionError) as error:
            log.info("a viewer was cut off: %s", error)

    async def _answer(self, handle: Handler, request: Request) -> None:
        try:
            reply = await handle(request)
            try:
                frame = encode_frame(reply)
            except FrameError as error:
                frame = encode_frame(refusal(request.id, error))
            self.send(frame)
        finally:
            self._slots.release()

    async def _send_all(self) -> None:
        try:
            while True:
                await self._to_send.wait()
                while self._waiting:
                    self._writer.write(self._waiting.popleft())
                    await self._writer.drain()
                if self._snapshot is not None:
                    frame, self._snapshot = self._snapshot, None
                    self._writer.write(frame)
                    await self._writer.drain()
                if not self._waiting and self._snapshot is None:
                    self._to_send.clear()
                    self._sent.set()
        except ConnectionError:
            # The reader sees the same end and says so.
            self._writer.transport.abort()
            self._sent.set()


def refusal(request_id: int, error: TaskStartError) -> Reply:
    """The reply to a command that was not carried out."""
    return Reply(
        id=request_id, body=Failed(reason=error.reason, remedy=error.remedy, code=error.code)
    )
