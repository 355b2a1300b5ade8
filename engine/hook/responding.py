"""What a connection asks of whoever answers its requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from engine.hook.wire import HttpRequest, HttpResponse


@dataclass(slots=True)
class Caller:
    """Who is at the other end, for as long as the connection lasts."""

    is_local_socket: bool
    """It came over the Unix socket, which only this user can open."""
    port: int = 0
    """The TCP port that it came to; 0 for the Unix socket."""
    answered: int = 0
    """TaskStarts answered on this connection, whose wait it has not reported yet."""


Respond = Callable[[HttpRequest, Caller], Awaitable[HttpResponse]]


class AnsweredAtOnce(NamedTuple):
    """An answer that needed no waiting."""

    response: HttpResponse
    note: Callable[[], object]
    """Called once, in the loop's next turn: what is counted of an answer keeps no agent waiting."""


RespondAtOnce = Callable[[HttpRequest, Caller], AnsweredAtOnce | None]
"""None: `Respond` must be asked."""


def never_at_once(request: HttpRequest, caller: Caller) -> None:
    """Every request is awaited."""
