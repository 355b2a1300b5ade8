"""The console's way to the engine: attach or start, ask, watch, notice its end.

`EngineClient` survives the engine: when the process dies, pending requests fail with a
`ServiceError`, `messages()` ends with it, `ended` is set, and `restart()` starts over.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from engine.errors import ServiceError, TaskStartError
from engine.service.frames import MAX_MESSAGE_BYTES, decode_message, encode_frame, read_frame
from engine.service.greeting import EngineGoneError, answers, read_hello
from engine.service.launching import END_TIMEOUT_S, EngineProcess, EngineTarget
from engine.service.leftovers import remove_private_files
from engine.service.locks import EngineRunningError, lock_holder
from engine.service.mailbox import Mailbox
from engine.service.messages import (
    Command,
    Done,
    Event,
    Failed,
    Hello,
    Leave,
    Parting,
    Reopen,
    ReplyBody,
    Request,
    Snapshot,
    Stay,
    Stays,
)
from engine.service.paths import socket_path
from engine.service.why_over import why_over

REQUEST_TIMEOUT_S = 30.0
HELLO_TIMEOUT_S = 10.0
LEAVE_TIMEOUT_S = 1.0
HUNG_TIMEOUT_S = 0.5
"""Who did not answer for a second is not waited for much longer."""
REOPEN_TIMEOUT_S = 3.0
TRIES = 50
TRY_AGAIN_S = 0.1
"""Between two tries to attach; an engine that ends takes a few of them."""

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
        self._mailbox = Mailbox()
        self._socket = socket
        self._process: EngineProcess | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def hello(self) -> Hello | None:
        """How the engine greeted; None before that."""
        return self._mailbox.hello

    @property
    def ended(self) -> asyncio.Event:
        """Set when the connection is over; `failure` says why. Another one after each `open`."""
        return self._mailbox.ended

    @property
    def failure(self) -> ServiceError | None:
        """Why the connection is over; None if it was closed on purpose, or is not."""
        return self._mailbox.failure

    @property
    def owns_engine(self) -> bool:
        """Whether this client began the engine's process."""
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
        if not answers(self._socket):
            self._process = EngineProcess.spawn(self.target, self._socket)

    async def open(self) -> None:
        """Attach to the engine of the target, starting one if none runs.

        Raises:
            OtherVersionError: its messages are not those of this program.
            ServiceError: there is none and it cannot be started, or it takes no more consoles.
        """
        self._mailbox = Mailbox()
        try:
            reader = await self._attach()
        except ServiceError:
            await self.close()
            raise
        self._reading = asyncio.create_task(self._read_all(reader), name="engine-client")
        if self.target.stay:
            await self.do(Stay(on=True))

    async def _attach(self) -> asyncio.StreamReader:
        """Connect and be greeted; an engine that is just beginning or ending is waited for."""
        for left in reversed(range(TRIES)):
            self.launch()
            if self._socket is None:
                self._socket = socket_path(self.target.project)
            try:
                await self._await_process()
                return await self._connect(self._socket)
            except (OSError, EngineGoneError) as error:
                self._hang_up()
                await self._end_process()
                if not left or (self.target.attach_only and lock_holder(self._socket) is None):
                    raise ServiceError(
                        f"no engine answers at {self._socket}", "start one with `taskstart serve`"
                    ) from error
            await asyncio.sleep(TRY_AGAIN_S)
        raise AssertionError("the last try returns or raises")

    async def _connect(self, socket: Path) -> asyncio.StreamReader:
        try:
            async with asyncio.timeout(HELLO_TIMEOUT_S):
                self._hang_up()
                reader, self._writer = await asyncio.open_unix_connection(str(socket))
                self._mailbox.take(await read_hello(reader, self.target.project))
        except TimeoutError as error:
            raise ServiceError(
                f"the engine at {socket} does not answer", "`taskstart serve --stop` ends it"
            ) from error
        return reader

    async def _await_process(self) -> None:
        if self._process is None:
            return
        try:
            await self._process.ready()
        except EngineRunningError:
            # Another console started one between our look and our start: share it.
            self._process = None

    async def restart(self) -> None:
        """Have an engine that is there open its project anew; else start one and attach.

        Whoever asks for this wants an engine, even where at first only one that ran was wanted.

        Raises:
            ServiceError: as for `open`.
        """
        if not self.ended.is_set():
            # Others may use it: its process goes on.
            with contextlib.suppress(TaskStartError):
                await self.do(Reopen(), timeout_s=REOPEN_TIMEOUT_S)
                return
        stays = self._mailbox.stays
        stay = self.target.stay if stays is None else stays is Stays.TOLD
        self.target = replace(self.target, attach_only=False, stay=stay)
        if self._runs_apart:
            # Only the connection has broken; whoever else uses the engine need not notice.
            with contextlib.suppress(ServiceError):
                await self.open()
                return
        await self.close()
        await self.open()

    @property
    def _runs_apart(self) -> bool:
        """Whether the process that we began runs, though our connection to it is over."""
        return self._process is not None and self._process.alive and self.ended.is_set()

    async def close(self) -> Parting:
        """Leave; whether and why the engine goes on without us. Safe to call twice.

        An engine that others use goes on, whoever began it.
        """
        answer = await self._leave()
        parting = answer or Parting(stays=Stays.NO)
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None
        self._hang_up()
        if parting.stays and self._process is not None:
            self._process.let_go()
            self._process = None
        await self._end_process(END_TIMEOUT_S if answer is not None else HUNG_TIMEOUT_S)
        self._mailbox.end(None)
        return parting

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None

    async def _leave(self) -> Parting | None:
        """What the engine says to our leaving; None if it hangs, and nobody else used it."""
        box = self._mailbox
        if self._reading is None or self._reading.done():
            stays = box.stays if self._runs_apart else None
            return Parting(stays=stays or Stays.NO, recording=box.recording if stays else "")
        try:
            command = Leave(starter=self.owns_engine)
            return await self.ask(command, Parting, timeout_s=LEAVE_TIMEOUT_S)
        except TaskStartError:
            # It is busy or hangs; if others use it, it is for them to say that it does.
            return Parting(stays=box.stays, recording=box.recording) if box.stays else None

    async def _end_process(self, patience_s: float = END_TIMEOUT_S) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        await process.end(patience_s)
        if self.target.private and self._socket is not None:
            remove_private_files(self._socket)

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
        try:
            with self._mailbox.expected() as (number, reply):
                async with asyncio.timeout(timeout_s):
                    # The union of commands is closed in `Request`; `Command` is only their base.
                    self._writer.write(encode_frame(Request(id=number, command=command)))  # type: ignore[arg-type]
                    await self._writer.drain()
                    return await reply
        except TimeoutError as error:
            raise ServiceError(
                f"the engine did not answer {type(command).__name__} within {timeout_s:g} s"
            ) from error
        except ConnectionError as error:
            raise self.failure or ServiceError("the engine closed its connection") from error

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

    def messages(self) -> AsyncIterator[Snapshot | Event]:
        """Every event in order, and always the newest snapshot; for one consumer.

        Ends when `close` is called.

        Raises:
            ServiceError: the engine is gone.
        """
        return self._mailbox.messages()

    async def _read_all(self, reader: asyncio.StreamReader) -> None:
        try:
            while (body := await read_frame(reader, MAX_MESSAGE_BYTES)) is not None:
                self._mailbox.take(decode_message(body))
            failure = None
        except (ServiceError, ConnectionError) as error:
            failure = error if isinstance(error, ServiceError) else None
        over = await why_over(
            self._socket, self._process, failure, dismissed=self._mailbox.dismissed
        )
        self._mailbox.end(over)
