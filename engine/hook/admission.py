"""Who may ask: Host, Origin and, on TCP, the bearer token."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from http import HTTPStatus

from engine.hook.responding import Caller
from engine.hook.wire import HttpRequest, RefusalError

_LOCAL_HOST = re.compile(
    rb"(?:localhost|127\.0\.0\.1|\[::1\])(?::(?P<port>\d{1,5}))?", re.IGNORECASE
)
_SCHEME = b"bearer "

ReadToken = Callable[[], bytes | None]
"""The token in force; None when nobody may come by TCP."""


def check_admission(request: HttpRequest, caller: Caller, read_token: ReadToken) -> None:
    """Let a request in, or not.

    A page in the user's browser could reach a TCP port on this machine, by its address or by a
    name that its owner points there (DNS rebinding): hence Origin and Host, before the token.

    Raises:
        RefusalError: it may not come in.
    """
    headers = request.headers
    if b"origin" in headers:
        raise RefusalError(
            HTTPStatus.FORBIDDEN, "web pages may not ask (an Origin header was sent)"
        )
    host = _LOCAL_HOST.fullmatch(headers.get(b"host", b""))
    port = host["port"] if host is not None else None
    if host is None or (caller.port and int(port or 80) != caller.port):
        said = headers.get(b"host", b"").decode("ascii", "replace")[:80]
        raise RefusalError(
            HTTPStatus.MISDIRECTED_REQUEST,
            f"the Host header must name this machine (localhost or 127.0.0.1), not {said!r}",
        )
    if not caller.is_local_socket:
        _check_token(headers.get(b"authorization", b""), read_token())


def _check_token(said: bytes, token: bytes | None) -> None:
    given = said[len(_SCHEME) :].strip() if said[: len(_SCHEME)].lower() == _SCHEME else b""
    # Compared even when there is none, so that the time tells nothing either way.
    matches = hmac.compare_digest(given, token or b"\0")
    if token is None or not matches:
        line = "the token is missing" if not given else "the token is wrong"
        raise RefusalError(
            HTTPStatus.UNAUTHORIZED,
            f"{line}: send Authorization: Bearer TOKEN",
            headers=((b"WWW-Authenticate", b"Bearer"),),
        )
