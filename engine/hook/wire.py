"""HTTP/1.1 as far as hooks need it: bounded requests in, answers out.

httptools parses; everything that a stranger could make large is bounded here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from typing import NamedTuple

import httptools

MOST_BODY_BYTES = 2**20
MOST_HEADER_BYTES = 16 * 2**10
"""Bounds the request line and all headers together."""
MOST_PIPELINED = 32
"""Requests that one connection may send ahead of the first one's answer."""

_CONTENT_LENGTH = b"content-length"
_PLAIN = re.compile(
    rb"POST (/[a-z-]+) HTTP/1\.1\r\nHost: localhost\r\nContent-Length: (\d{1,6})\r\n\r\n"
)
"""The head of a request as our own client sends it."""


@dataclass(slots=True)
class HttpRequest:
    """One request. Header names are in lower case; of equal names the last one counts."""

    method: str = ""
    target: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""
    keep_alive: bool = False
    is_plain: bool = field(default=False, compare=False)
    """Its head is what our own client sends: the Host `localhost` and the length of the body."""


class HttpResponse(NamedTuple):
    """One answer; a plain text body unless it says otherwise."""

    body: bytes = b""
    status: HTTPStatus = HTTPStatus.OK
    content_type: bytes = b"text/plain; charset=utf-8"
    headers: tuple[tuple[bytes, bytes], ...] = ()


class RefusalError(Exception):
    """A request that is answered with an error, by a status and one line."""

    def __init__(
        self,
        status: HTTPStatus,
        line: str,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(line)
        self.status = status
        self.line = line
        self.headers = headers

    def response(self) -> HttpResponse:
        """As an answer."""
        text = f"taskstart: {self.line}\n"
        return HttpResponse(text.encode("utf-8", "replace"), self.status, headers=self.headers)


class Progress(Enum):
    """How much of a request has arrived."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class RequestReader:
    """Turns the bytes of one connection into requests.

    Once `feed` has raised, the connection has no further use. `close` must be called in the end.
    """

    def __init__(self, *, most_body_bytes: int = MOST_BODY_BYTES) -> None:
        self._most_body_bytes = most_body_bytes
        self._parser: httptools.HttpRequestParser | None = None
        """Made for the first bytes that need it: most connections bring one plain request."""
        self._refusal: RefusalError | None = None
        self._request = HttpRequest()
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._head_bytes = 0
        self._complete: list[HttpRequest] = []
        self.progress = Progress.NOTHING
        self.wants_continue = False
        """The client waits for leave to send its body; the caller resets it."""

    def whole_plain(self, data: bytes) -> HttpRequest | None:
        """What `feed` would make of a whole plain request that comes alone; None for all else.

        Between two requests only. One match in the place of seven calls back from the parser:
        whatever runs first after the processor has slept runs ten times as slowly as usual.
        """
        head = _PLAIN.match(data)
        if head is None:
            return None
        target, length = head.groups()
        body = data[head.end() :]
        if len(body) != int(length) or len(body) > self._most_body_bytes:
            return None
        headers = {b"host": b"localhost", _CONTENT_LENGTH: length}
        return HttpRequest("POST", target, headers, body, True, True)

    def feed(self, data: bytes) -> list[HttpRequest]:
        """Take bytes in; the requests that are complete now.

        Raises:
            RefusalError: the bytes are no HTTP, or more than a bound allows.
        """
        before = self._head_bytes
        parser = self._parser
        if parser is None:
            parser = self._parser = httptools.HttpRequestParser(self)
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise RefusalError(HTTPStatus.BAD_REQUEST, "no protocol but HTTP is spoken") from None
        except httptools.HttpParserError as error:
            if self._refusal is not None:
                raise self._refusal from None
            raise RefusalError(HTTPStatus.BAD_REQUEST, f"this is not HTTP ({error})") from None
        if self._refusal is not None:
            raise self._refusal
        if self.progress is Progress.HEAD and self._head_bytes == before:
            # A name or a value that never ends is not handed over piece by piece.
            self._count_head(len(data))
            if self._refusal is not None:
                raise self._refusal
        complete, self._complete = self._complete, []
        return complete

    def close(self) -> None:
        """Let go of the parser and of what it made.

        It calls back to this reader and a refusal remembers where it was raised: such circles would
        stay, with the bodies in them, until the garbage collector's next round.
        """
        self._parser = self._refusal = None
        self._complete = []

    def _refuse(self, status: HTTPStatus, line: str) -> None:
        # Raised by `feed`: the parser would wrap what its callbacks raise.
        if self._refusal is None:
            self._refusal = RefusalError(status, line)

    def _count_head(self, count: int) -> None:
        self._head_bytes += count
        if self._head_bytes > MOST_HEADER_BYTES:
            self._refuse(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"the headers are longer than {MOST_HEADER_BYTES:,} bytes",
            )

    # ---- the parser's callbacks --------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._request = HttpRequest()
        self._body = []
        self._body_bytes = self._head_bytes = 0
        self.progress = Progress.HEAD

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        self._request.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value) + 4)
        if self._refusal is None:
            self._request.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        self.progress = Progress.BODY
        request = self._request
        request.method = self._parser.get_method().decode("ascii", "replace")
        request.keep_alive = self._parser.should_keep_alive()
        declared = request.headers.get(_CONTENT_LENGTH, b"0")
        if declared.isdigit() and int(declared[:20]) > self._most_body_bytes:
            self._refuse_body()
        elif request.headers.get(b"expect", b"").lower() == b"100-continue":
            self.wants_continue = True

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self._most_body_bytes:
            self._refuse_body()
            self._body.clear()
        else:
            self._body.append(body)

    def _refuse_body(self) -> None:
        self._refuse(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the body is larger than {self._most_body_bytes:,} bytes",
        )

    def on_message_complete(self) -> None:
        self.progress = Progress.NOTHING
        self.wants_continue = False
        self._request.body = b"".join(self._body)
        self._complete.append(self._request)
        if len(self._complete) > MOST_PIPELINED:
            self._refuse(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"more than {MOST_PIPELINED} requests were sent ahead",
            )


_STATUS_LINES = {
    status: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def encode_response(response: HttpResponse, *, keep_alive: bool) -> bytes:
    """The bytes of an answer."""
    body, status, content_type, headers = response
    more = b"".join([b"%b: %b\r\n" % header for header in headers]) if headers else b""
    if not keep_alive:
        more += b"Connection: close\r\n"
    return b"%bContent-Type: %b\r\nContent-Length: %d\r\n%b\r\n%b" % (
        _STATUS_LINES[status],
        content_type,
        len(body),
        more,
        body,
    )
