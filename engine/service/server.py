"""The engine's door: a Unix socket to which viewers attach.

Snapshots are built only while a viewer is attached, at most `SNAPSHOTS_PER_SECOND`, and encoded
once for all viewers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from engine import __version__
from engine.errors import ServiceError
from engine.service.frames import encode_frame
from engine.service.messages import Event, Failed, Goodbye, Hello, Reply, Snapshot
from engine.service.protocol import protocol
from engine.service.tasks import task_group
from engine.service.viewers import Handler, Viewer

log = logging.getLogger(__name__)

SNAPSHOTS_PER_SECOND = 4
MAX_VIEWERS = 16
LAST_WORDS_S = 0.5
"""How long an ending engine waits for its last replies to go out."""


MakeSnapshot = Callable[[int], Awaitable[Snapshot]]
"""All that the screens show, now, for so many viewers."""


class Server:
    """Attached viewers, the snapshots pushed to them and the commands taken from them."""

    def __init__(
        self,
        make_snapshot: MakeSnapshot,
        handle: Handler,
        *,
        owned: bool = False,
        ending: asyncio.Event | None = None,
        snapshots_per_second: float = SNAPSHOTS_PER_SECOND,
    ) -> None:
        """`owned`: a console began the engine. Nobody is greeted any more once `ending` is set."""
        self._make_snapshot = make_snapshot
        self._handle = handle
        self._owned = owned
        self._ending = ending or asyncio.Event()
        self._interval_s = 1 / snapshots_per_second
        self._viewers: set[Viewer] = set()
        self._attached = asyncio.Event()
        self._full_said = False
        self.on_viewers: Callable[[int], None] = lambda count: None
        """Told how many viewers are attached whenever that changes."""

    @property
    def viewers(self) -> int:
        """How many viewers are attached."""
        return len(self._viewers)

    def announce(self, event: Event) -> None:
        """Send `event` to every viewer."""
        self._send_to_all(encode_frame(event))

    def _send_to_all(self, frame: bytes) -> None:
        for viewer in tuple(self._viewers):
            viewer.send(frame)

    @contextlib.asynccontextmanager
    async def listen(self, path: Path) -> AsyncIterator[None]:
        """Take viewers at `path` (mode 0600) for as long as the context lasts.

        Raises:
            ServiceError: the socket cannot be made.
        """
        async with task_group() as tasks:

            def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                viewers.append(tasks.create_task(self._accept(reader, writer), name="viewer"))
                viewers[:] = [viewer for viewer in viewers if not viewer.done()]

            viewers: list[asyncio.Task[None]] = []
            server = await _listen(path, accept)
            pushing = tasks.create_task(self._push(), name="snapshots")
            try:
                yield
            finally:
                server.close()
                pushing.cancel()
                self._send_to_all(encode_frame(Goodbye()))
                await self._flush()
                for viewer in viewers:
                    viewer.cancel()

    async def _flush(self) -> None:
        """Let the last replies out; a viewer that reads nothing is not waited for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                for viewer in tuple(self._viewers):
                    await viewer.flush()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._ending.is_set():
            # Whoever is greeted may count on the engine.
            writer.transport.abort()
            return
        if len(self._viewers) >= MAX_VIEWERS:
            self._turn_away(writer)
            return
        try:
            await self._serve(Viewer(reader, writer))
        except Exception:
            # Whatever is wrong with one viewer must not end the engine that others watch.
            log.exception("a viewer failed")

    def _turn_away(self, writer: asyncio.StreamWriter) -> None:
        """Say why in place of a greeting; who asks again and again fills no log."""
        reason = f"{MAX_VIEWERS} consoles are attached already"
        if not self._full_said:
            self._full_said = True
            log.warning("a console was turned away: %s", reason)
        writer.write(encode_frame(Reply(id=0, body=Failed(reason=reason, remedy="close one"))))
        writer.close()

    def _viewers_changed(self) -> None:
        count = len(self._viewers)
        if count < MAX_VIEWERS:
            self._full_said = False
        if count:
            self._attached.set()
        else:
            self._attached.clear()
        self.on_viewers(count)

    async def _serve(self, viewer: Viewer) -> None:
        viewer.send(
            encode_frame(
                Hello(protocol=protocol(), pid=os.getpid(), version=__version__, owned=self._owned)
            )
        )
        self._viewers.add(viewer)
        self._viewers_changed()
        try:
            await viewer.serve(self._handle)
        finally:
            self._viewers.discard(viewer)
            self._viewers_changed()

    async def _push(self) -> None:
        while True:
            await self._attached.wait()
            try:
                frame = encode_frame(await self._make_snapshot(len(self._viewers)))
            except Exception:
                # One snapshot that cannot be made must not end all that would follow.
                log.exception("a snapshot could not be made")
            else:
                for viewer in tuple(self._viewers):
                    viewer.offer_snapshot(frame)
            await asyncio.sleep(self._interval_s)


async def _listen(
    path: Path, accept: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]
) -> asyncio.Server:
    # The mode must be right from the first moment on, so chmod afterwards would be too late.
    mask = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(accept, str(path))
    except OSError as error:
        raise ServiceError(
            f"the engine's socket cannot be made: {path} ({error.strerror or error})",
            "set XDG_RUNTIME_DIR to a folder of your own with a short path",
        ) from error
    finally:
        os.umask(mask)
