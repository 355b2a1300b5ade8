"""What nearly every agent asks, answered as its request arrives: a TaskStart that is warm.

No task, no timer and no second turn of the event loop. Whatever is not that plain is left to the
routes of `Application`, which know the reasons and the words for it.
"""

from __future__ import annotations

from typing import Protocol

from engine.core.warm import StartedAtOnce
from engine.hook.admission import ReadToken, check_admission
from engine.hook.bodies import decode_object
from engine.hook.connection import AnsweredAtOnce, Caller
from engine.hook.replies import utf8_reply
from engine.hook.wire import HttpRequest, RefusalError


class StartsAtOnce(Protocol):
    """Where warm answers are."""

    def start_at_once(
        self, task_id: object, agent_role: object, *, source: str
    ) -> StartedAtOnce | None:
        """One TaskStart, where that takes no waiting; None: it has to be asked the other way."""


class AnswersAtOnce:
    """`POST /taskstart` in the form of AgentPM's hook, when the answer is finished and proven."""

    def __init__(self, desk: StartsAtOnce, read_token: ReadToken = lambda: None) -> None:
        self._desk = desk
        self._read_token = read_token

    def respond(self, request: HttpRequest, caller: Caller) -> AnsweredAtOnce | None:
        """The answer; None where another must be given, or has to be waited for."""
        if request.target != b"/taskstart" or request.method != "POST":
            return None
        if b"application/json" in request.headers.get(b"accept", b"").lower():
            return None
        try:
            check_admission(request, caller, self._read_token)
            body = decode_object(request.body)
        except RefusalError:
            return None
        started = self._desk.start_at_once(
            body.get("task_id"), body.get("agent_role"), source="hook"
        )
        if started is None:
            return None
        caller.answered += 1
        return AnsweredAtOnce(utf8_reply(started.answer.utf8), started.note)
