"""The console's way to the engine: attach or start, ask, watch, notice its end.

`EngineClient` survives the engine: when the process dies, pending requests fail with a
`ServiceError`, `messages()` ends with it, `ended` is set, and `restart()` starts over.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket as sockets
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

from engine.errors import ServiceError, TaskStartError
from engine.service.frames import MAX_MESSAGE_BYTES, decode_message, encode_frame, read_frame
from engine.service.launching import EngineProcess, EngineTarget
from engine.service.leftovers import remove_private_files
from engine.service.locks import EngineRunningError
from engine.service.messages import (
    PROTOCOL,
    Command,
    Done,
    Event,
    Failed,
    Hello,
    Reply,
    ReplyBody,
    Request,
    Shutdown,
    Snapshot,
)
from engine.service.paths import socket_path

REQUEST_TIMEOUT_S = 30.0
HELLO_TIMEOUT_S = 10.0
MAX_WAITING_EVENTS = 64

R = TypeVar("R", bound=ReplyBody)


class RefusedError(TaskStartError):
    """The engine did not carry the command out; reason and remedy are its own words."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.reason, failed.remedy)
        self.code = failed.code


class EngineClient:
    """One viewer of one engine. Use `open`, then `messages` and `request`, and at last `close`."""

    def __init__(self, target: EngineTarget, *, socket: Path | None = None) -> None:
        self.target = target
        self.hello: Hello | None = None
        self.ended = asyncio.Event()
        """Set when the connection is over; `failure` says why (None: closed on purpose)."""
        self.failure: ServiceError | None = None
        self._socket = socket
        self._process: EngineProcess | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)
        self._pending: dict[int, asyncio.Future[ReplyBody]] = {}
        self._snapshot: Snapshot | None = None
        self._events: deque[Event] = deque(maxlen=MAX_WAITING_EVENTS)
        self._news = asyncio.Event()

    @property
    def owns_engine(self) -> bool:
        """Whether this client started the engine, which then ends with it."""
        return self._process is not None

    # ---- beginning and end ------------------------------------------------------------------

    def launch(self) -> None:
        """Start the engine's process without waiting, if `open` would start one.

        Blocking for about the time of a fork: for callers that have imports to do meanwhile.

        Raises:
            ServiceError: the process cannot be started.
        """
        if self._process is not None or self.target.attach_only:
            return
        if self._socket is None:
            self._socket = socket_path(self.target.project, private=self.target.private)
        if not _answers(self._socket):
            self._process = EngineProcess.spawn(self.target, self._socket)

    async def open(self) -> None:
        """Attach to the engine of the target, starting one if none runs.

        Raises:
            ServiceError: there is none and it cannot be started, or it speaks another protocol.
        """
        self.ended.clear()
        self.failure = None
        self.launch()
        if self._socket is None:
            self._socket = socket_path(self.target.project)
        try:
            await self._await_process()
            async with asyncio.timeout(HELLO_TIMEOUT_S):
                reader, self._writer = await asyncio.open_unix_connection(str(self._socket))
                self.hello = await _read_hello(reader)
        except (OSError, TimeoutError) as error:
            await self.close()
            raise ServiceError(
                f"no engine answers at {self._socket}", "start one with `taskstart serve`"
            ) from error
        except ServiceError:
            await self.close()
            raise
        self._reading = asyncio.create_task(self._read_all(reader), name="engine-client")

    async def _await_process(self) -> None:
        if self._process is None:
            return
        try:
            await self._process.ready()
        except EngineRunningError:
            # Another console started one between our look and our start: share it.
            self._process = None

    async def restart(self) -> None:
        """End what is left of the engine, start it again and attach.

        Raises:
            ServiceError: as for `open`.
        """
        await self.close()
        await self.open()

    async def close(self) -> None:
        """Leave; an engine of one's own ends, any other lives on. Safe to call twice."""
        if self._process is not None and self._reading is not None and not self._reading.done():
            # An engine that cannot answer any more is ended below all the same.
            with contextlib.suppress(TaskStartError):
                await self.request(Shutdown(), timeout_s=1.0)
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None
        if self._process is not None:
            process, self._process = self._process, None
            await process.end()
            if self.target.private and self._socket is not None:
                remove_private_files(self._socket)
        self._end(None)

    async def __aenter__(self) -> EngineClient:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # ---- asking -----------------------------------------------------------------------------

    async def request(self, command: Command, timeout_s: float = REQUEST_TIMEOUT_S) -> ReplyBody:
        """Send a command and wait for its reply, which is a `Failed` if it was not carried out.

        Raises:
            ServiceError: the engine is gone, goes meanwhile, or does not reply in time.
        """
        if self._writer is None or self.ended.is_set():
            raise self.failure or ServiceError("no engine is attached")
        number = next(self._numbers)
        future: asyncio.Future[ReplyBody] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        try:
            async with asyncio.timeout(timeout_s):
                # The union of commands is closed in `Request`; `Command` is only their base.
                self._writer.write(encode_frame(Request(id=number, command=command)))  # type: ignore[arg-type]
                await self._writer.drain()
                return await future
        except TimeoutError as error:
            raise ServiceError(
                f"the engine did not answer {type(command).__name__} within {timeout_s:g} s"
            ) from error
        except ConnectionError as error:
            raise self.failure or ServiceError("the engine closed its connection") from error
        finally:
            self._pending.pop(number, None)

    async def ask(
        self, command: Command, reply: type[R], timeout_s: float = REQUEST_TIMEOUT_S
    ) -> R:
        """Like `request`, for a command whose reply is of the type `reply`.

        Raises:
            RefusedError: the engine did not carry the command out.
            ServiceError: as for `request`; also when the reply is of another type.
        """
        body = await self.request(command, timeout_s)
        if isinstance(body, Failed):
            raise RefusedError(body)
        if not isinstance(body, reply):
            raise ServiceError(
                f"the engine answered {type(command).__name__} with {type(body).__name__}"
            )
        return body

    async def do(self, command: Command, timeout_s: float = REQUEST_TIMEOUT_S) -> str:
        """Carry a command out whose reply is `Done`; its text, for a toast or a status line.

        Raises:
            RefusedError, ServiceError: as for `ask`.
        """
        return (await self.ask(command, Done, timeout_s)).text

    # ---- watching ---------------------------------------------------------------------------

    async def messages(self) -> AsyncIterator[Snapshot | Event]:
        """Every event in order, and always the newest snapshot; for one consumer.

        Ends when `close` is called.

        Raises:
            ServiceError: the engine is gone.
        """
        while True:
            while self._events:
                yield self._events.popleft()
            if self._snapshot is not None:
                snapshot, self._snapshot = self._snapshot, None
                yield snapshot
                continue
            if self.ended.is_set():
                if self.failure is not None:
                    raise self.failure
                return
            self._news.clear()
            await self._news.wait()

    async def _read_all(self, reader: asyncio.StreamReader) -> None:
        try:
            while (body := await read_frame(reader, MAX_MESSAGE_BYTES)) is not None:
                self._take(decode_message(body))
            failure = None
        except (ServiceError, ConnectionError) as error:
            failure = error if isinstance(error, ServiceError) else None
        if self._process is not None:
            # The socket's end may be noticed before the process itself is over.
            await self._process.over(1.0)
        self._end(failure if failure is not None and self._alive() else self._death())

    def _take(self, message: Snapshot | Event | Reply | Hello) -> None:
        match message:
            case Snapshot():
                self._snapshot = message
                self._news.set()
            case Event():
                self._events.append(message)
                self._news.set()
            case Reply():
                future = self._pending.get(message.id)
                if future is not None and not future.done():
                    future.set_result(message.body)
            case Hello():
                self.hello = message

    def _alive(self) -> bool:
        return self._process is None or self._process.alive

    def _death(self) -> ServiceError:
        if self._process is not None:
            return self._process.death()
        return ServiceError("the engine closed its connection", "it may have been stopped")

    def _end(self, failure: ServiceError | None) -> None:
        self.failure = failure
        self.ended.set()
        for future in self._pending.values():
            if not future.done():
                future.set_exception(failure or ServiceError("the engine was left"))
        self._news.set()


async def _read_hello(reader: asyncio.StreamReader) -> Hello:
    body = await read_frame(reader, MAX_MESSAGE_BYTES)
    if body is None:
        raise ServiceError("the engine takes no more viewers", "close another console first")
    hello = decode_message(body)
    if not isinstance(hello, Hello) or hello.protocol != PROTOCOL:
        raise ServiceError(
            "the engine that runs is of another version", "stop it and start this one"
        )
    return hello


def _answers(socket: Path) -> bool:
    """Whether a live engine listens there; a stale socket file refuses."""
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(socket))
        except OSError:
            return False
        return True
