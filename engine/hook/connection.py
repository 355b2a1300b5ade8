"""One agent's connection: requests one after the other, all within bounds.

What can be answered at once is answered as it arrives; everything else in a task of its own.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import cast

from engine.hook.responding import Caller, Respond, RespondAtOnce, never_at_once
from engine.hook.wire import (
    CONTINUE,
    MOST_BODY_BYTES,
    HttpRequest,
    HttpResponse,
    Progress,
    RefusalError,
    RequestReader,
    encode_response,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one caller may take of the service; seconds."""

    request_s: float = 5.0
    """From a request's first byte (or the connection) to its last."""
    idle_s: float = 60.0
    """Between two requests of a connection."""
    reading_s: float = 10.0
    """For the caller to take its answer."""
    connections: int = 256


@dataclass(slots=True)
class Connections:
    """The open connections of a service, and what all of them share."""

    respond: Respond
    tasks: asyncio.TaskGroup
    now: Callable[[], float]
    bounds: Bounds = field(default_factory=Bounds)
    respond_at_once: RespondAtOnce = never_at_once
    open: set[Connection] = field(default_factory=set)
    turned_away: set[Connection] = field(default_factory=set)
    """Those that came when as many as may be were open, until they have read so."""

    def expire(self) -> None:
        """End every connection whose time is up."""
        now = self.now()
        for connection in (*self.open, *self.turned_away):
            if connection.deadline <= now:
                connection.expire()

    def close(self) -> None:
        """End every connection at once."""
        for connection in (*self.open, *self.turned_away):
            connection.end()


_NEVER = float("inf")
_MOST_FORGOTTEN_BYTES = 4 * MOST_BODY_BYTES


class Connection(asyncio.Protocol):
    """Reads requests and writes answers."""

    def __init__(self, shared: Connections, caller: Caller) -> None:
        self._shared = shared
        self._caller = caller
        self._reader = RequestReader()
        self._waiting: deque[HttpRequest] = deque()
        self._refusal: RefusalError | None = None
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._ended = False
        self._is_full = False
        self._forgotten = 0
        self.deadline = _NEVER
        """When this connection has kept us waiting for too long, by the service's clock."""

    # ---- what the event loop calls -----------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Other event loops' transports are of no class of asyncio.
        self._transport = cast("asyncio.Transport", transport)
        shared = self._shared
        if len(shared.open) >= shared.bounds.connections:
            if len(shared.turned_away) >= shared.bounds.connections:
                self._transport.abort()
                return
            shared.turned_away.add(self)
            line = f"{shared.bounds.connections} connections are open already: try again"
            self._refuse(RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, line))
            return
        shared.open.add(self)
        self.deadline = shared.now() + shared.bounds.request_s

    def connection_lost(self, exc: Exception | None) -> None:
        self._shared.open.discard(self)
        self._shared.turned_away.discard(self)
        self._transport = None
        self._refusal = None
        self._reader.close()
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        transport = self._transport
        if transport is None:
            return
        if self._refusal is not None:
            self._forgotten += len(data)
            if self._forgotten > _MOST_FORGOTTEN_BYTES:
                transport.abort()
            return
        fresh = self._reader.progress is Progress.NOTHING
        if fresh and self._task is None:
            plain = self._reader.whole_plain(data)
            if plain is not None:
                if self._has_answered(plain):
                    self._await_more()
                return
        try:
            self._waiting.extend(self._reader.feed(data))
        except RefusalError as refusal:
            # Where it was raised leads back here.
            self._refusal = refusal.with_traceback(None)
        if self._task is not None:
            # What is answered now bounds what is taken in.
            transport.pause_reading()
        elif self._waiting:
            self._answer_waiting()
        elif self._refusal is not None:
            self._refuse(self._refusal)
        else:
            self._let_send_body()
            if fresh:
                self.deadline = self._shared.now() + self._shared.bounds.request_s

    def eof_received(self) -> bool:
        """True while an answer is due: a caller may close its sending half first."""
        self._ended = True
        if (
            self._refusal is None
            and self._task is None
            and self._reader.progress is not Progress.NOTHING
        ):
            line = "the request ended half-way"
            self._refuse(RefusalError(HTTPStatus.BAD_REQUEST, line))
        return self._task is not None

    def pause_writing(self) -> None:
        """The caller does not take its answers: take no more requests until it does."""
        self._is_full = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It has taken them."""
        self._is_full = False
        if self._task is None and self._refusal is None:
            self._await_more()

    # ---- answering ---------------------------------------------------------------------------

    def _answer_waiting(self) -> None:
        """Answer what has arrived, in order: at once, or from where that cannot be in a task."""
        while self._waiting:
            if not self._has_answered(self._waiting.popleft()):
                return
        self._await_more()

    def _has_answered(self, request: HttpRequest) -> bool:
        """Answer, at once or in a task; whether another request may follow now."""
        # Agents wait for every step of this, so that none is a function for its name's sake.
        shared = self._shared
        try:
            answered = shared.respond_at_once(request, self._caller)
        except Exception as error:  # noqa: BLE001 - the boundary of the service
            return self._write(_failed(error), request)
        if answered is None:
            self.deadline = _NEVER
            self._task = shared.tasks.create_task(self._answer(request), name="hook")
            return False
        may_follow = self._write(answered.response, request)
        asyncio.get_running_loop().call_soon(answered.note)
        return may_follow

    async def _answer(self, request: HttpRequest) -> None:
        try:
            response = await self._respond(request)
        finally:
            self._task = None
        if self._write(response, request):
            self._answer_waiting()

    def _await_more(self) -> None:
        transport, bounds = self._transport, self._shared.bounds
        if transport is None or transport.is_closing():
            return
        if self._refusal is not None:
            self._refuse(self._refusal)
            return
        if self._is_full:
            self.deadline = self._shared.now() + bounds.reading_s
            return
        self._let_send_body()
        transport.resume_reading()
        half_way = self._reader.progress is not Progress.NOTHING
        self.deadline = self._shared.now() + (bounds.request_s if half_way else bounds.idle_s)

    def _let_send_body(self) -> None:
        """Give the leave that a caller waits for; only once it has all earlier answers."""
        if self._reader.wants_continue and self._transport is not None:
            self._reader.wants_continue = False
            self._transport.write(CONTINUE)

    async def _respond(self, request: HttpRequest) -> HttpResponse:
        try:
            return await self._shared.respond(request, self._caller)
        except RefusalError as refusal:
            return refusal.response()
        except Exception as error:  # noqa: BLE001 - the boundary of the service
            return _failed(error)

    def _refuse(self, refusal: RefusalError) -> None:
        """Answer, and take in and forget what still comes: a caller that is cut off while it
        sends would not read why."""
        self._refusal = refusal
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(encode_response(refusal.response(), keep_alive=False))
        self.deadline = self._shared.now() + self._shared.bounds.reading_s
        if self._ended:
            transport.close()
        else:
            transport.write_eof()
            transport.resume_reading()

    def _write(self, response: HttpResponse, request: HttpRequest) -> bool:
        """Send an answer; whether another request may follow."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        is_last = self._ended and not self._waiting
        keep_alive = request.keep_alive and not is_last
        transport.write(encode_response(response, keep_alive=keep_alive))
        if not keep_alive:
            transport.close()
            self.deadline = self._shared.now() + self._shared.bounds.reading_s
        return keep_alive

    # ---- ending ------------------------------------------------------------------------------

    def expire(self) -> None:
        """The deadline has passed: say so if a request is half-way, and end."""
        if self._transport is None:
            return
        if self._transport.is_closing() or self._refusal is not None or self._is_full:
            self._transport.abort()
        elif self._reader.progress is Progress.NOTHING:
            self._transport.close()
        else:
            line = f"the request was not complete within {self._shared.bounds.request_s:g} s"
            self._refuse(RefusalError(HTTPStatus.REQUEST_TIMEOUT, line))

    def end(self) -> None:
        """End at once; an answer under way is given up."""
        if self._transport is not None:
            self._transport.abort()
        if self._task is not None:
            self._task.cancel()


def _failed(error: Exception) -> HttpResponse:
    """One request that fails in an unforeseen way must not end the others' service.

    Its words stay out of the log, the failure's own included: they may hold a prompt.
    """
    places = traceback.extract_tb(error.__traceback__)
    where = ", ".join(f"{Path(place.filename).name}:{place.lineno}" for place in places)
    log.error("a hook request failed: %s at %s", type(error).__name__, where)
    line = "the engine failed: its log says why"
    return RefusalError(HTTPStatus.INTERNAL_SERVER_ERROR, line).response()
