"""What nearly every agent asks, answered as its request arrives: a TaskStart that is warm.

No task, no timer and no second turn of the event loop. Whatever is not that plain is left to the
routes of `Application`, which know the reasons and the words for it.
"""

from __future__ import annotations

from functools import partial
from typing import Protocol

from engine.core.warm import StartedAtOnce
from engine.hook.admission import ReadToken, check_admission
from engine.hook.bodies import object_or_none
from engine.hook.replies import utf8_reply
from engine.hook.responding import AnsweredAtOnce, Caller
from engine.hook.wire import HttpRequest, RefusalError

_SOURCE = "hook"


class StartsAtOnce(Protocol):
    """Where warm answers are."""

    def start_at_once(
        self, task_id: object, agent_role: object, *, source: str
    ) -> StartedAtOnce | None:
        """One TaskStart, where that takes no waiting; None: it has to be asked the other way."""

    def note(self, started: StartedAtOnce, source: str) -> None:
        """Count what `start_at_once` has given, once it is on its way."""


class AnswersAtOnce:
    """`POST /taskstart` in the form of AgentPM's hook, when the answer is finished and proven."""

    def __init__(self, desk: StartsAtOnce, read_token: ReadToken = lambda: None) -> None:
        self._desk = desk
        self._read_token = read_token

    def respond(self, request: HttpRequest, caller: Caller) -> AnsweredAtOnce | None:
        """The answer; None where another must be given, or has to be waited for."""
        if request.target != b"/taskstart":
            return None
        # A plain request names this machine and no web page, and only this user opens the socket:
        # there is nothing left that could keep it out.
        is_let_in = request.is_plain and caller.is_local_socket
        if not is_let_in and not self._is_usual(request, caller):
            return None
        asked = object_or_none(request.body)
        if asked is None:
            return None
        desk = self._desk
        started = desk.start_at_once(asked.get("task_id"), asked.get("agent_role"), source=_SOURCE)
        if started is None:
            return None
        caller.answered += 1
        return AnsweredAtOnce(utf8_reply(started.utf8), partial(desk.note, started, _SOURCE))

    def _is_usual(self, request: HttpRequest, caller: Caller) -> bool:
        if request.method != "POST":
            return False
        if b"application/json" in request.headers.get(b"accept", b"").lower():
            return False
        try:
            check_admission(request, caller, self._read_token)
        except RefusalError:
            return False
        return True
