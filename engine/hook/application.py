"""The routes of the hook service.

`POST /taskstart` takes what AgentPM's hook takes on its standard input and answers with what that
prints; `POST /claude-code` takes Claude Code's events. `GET /health` and `GET /metrics` are for
machines that watch, `POST /wait` is how our own client tells how long its agent waited.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from time import perf_counter
from typing import Any

from engine import __version__
from engine.errors import TaskStartError
from engine.hook.admission import ReadToken, check_admission
from engine.hook.bodies import decode_object
from engine.hook.callers import HookCaller
from engine.hook.claude_code import SOURCE, StartContext, agent_start, answer_event
from engine.hook.delivery import Delivery, measures
from engine.hook.options import Rendering, caller_options
from engine.hook.ports import AnswerLike, Desk
from engine.hook.renderer import TaskRenderer
from engine.hook.replies import json_reply, refusal_of, text_reply
from engine.hook.responding import Caller
from engine.hook.sections import Written
from engine.hook.wire import HttpRequest, HttpResponse, RefusalError
from engine.service.messages import EngineState
from engine.trace import Trace

LONGEST_WAIT_US = 600_000_000
"""A reported wait beyond this is a mistake of the clock, not a wait."""

Route = Callable[[HttpRequest, bytes, Caller], Awaitable[HttpResponse]]


class Application:
    """Answers requests that have arrived whole."""

    def __init__(self, desk: Desk, read_token: ReadToken = lambda: None) -> None:
        self._desk = desk
        self._renderer = TaskRenderer(desk)
        self._read_token = read_token
        self._routes: dict[bytes, tuple[str, Route]] = {
            b"/taskstart": ("POST", self._task_start),
            b"/claude-code": ("POST", self._claude_code),
            b"/wait": ("POST", self._wait),
            b"/health": ("GET", self._health),
            b"/metrics": ("GET", self._metrics),
        }

    async def respond(self, request: HttpRequest, caller: Caller) -> HttpResponse:
        """Answer a request.

        Raises:
            RefusalError: it is not answered, and why.
        """
        path, _, query = request.target.partition(b"?")
        try:
            check_admission(request, caller, self._read_token)
            method, route = self._route(path)
            if request.method != method:
                raise RefusalError(
                    HTTPStatus.METHOD_NOT_ALLOWED,
                    f"{path.decode('ascii', 'replace')} takes {method}, not {request.method}",
                    headers=((b"Allow", method.encode()),),
                )
            try:
                return await route(request, query, caller)
            except TaskStartError as error:
                raise refusal_of(error) from error
        except RefusalError as refusal:
            if not isinstance(refusal.__cause__, TaskStartError):
                self._count_refusal(path, refusal)
            raise

    def _count_refusal(self, path: bytes, refusal: RefusalError) -> None:
        """Tell who watches of what never became a start; failed starts tell of themselves."""
        monitor = self._desk.monitor()
        if monitor is not None:
            route = path.decode("ascii") if path in self._routes else "other"
            monitor.refused(route, refusal.status.value, refusal.line)

    def _route(self, path: bytes) -> tuple[str, Route]:
        found = self._routes.get(path)
        if found is None:
            known = ", ".join(name.decode() for name in self._routes)
            raise RefusalError(HTTPStatus.NOT_FOUND, f"there is no such path: there are {known}")
        return found

    # ---- the routes --------------------------------------------------------------------------

    async def _task_start(self, request: HttpRequest, query: bytes, caller: Caller) -> HttpResponse:
        asker = HookCaller.AGENTPM
        budget = asker.budget(self._desk.budgets())
        options = caller_options(request, query, rendering=Rendering.AGENTPM, budget=budget)
        body = decode_object(request.body)
        answer = await self._desk.start_task(
            body.get("task_id"), body.get("agent_role"), source="hook"
        )
        caller.answered += 1
        if options.rendering is Rendering.AGENTPM:
            written = None
        else:
            written = await self._renderer.write(answer, options.budget)
            self._note(answer.trace, Delivery(asker, written, asked=options.asked))
        text = answer.text if written is None else written.text
        if not options.as_json:
            return text_reply(text)
        return json_reply(_structured(answer, text, written))

    async def _claude_code(
        self, request: HttpRequest, query: bytes, caller: Caller
    ) -> HttpResponse:
        start = agent_start(decode_object(request.body))
        if start is None:
            return json_reply({})
        budget = start.caller.budget(self._desk.budgets())
        options = caller_options(request, query, rendering=Rendering.FULL, budget=budget)
        named = request.headers.get(b"x-taskstart-task", b"").decode("ascii", "replace")
        output, context = await answer_event(self._desk, self._renderer, start, named, options)
        if context is None:
            return json_reply(output)
        caller.answered += 1
        if context.trace.is_without_task:
            self._record(context)
        if context.written.sections:
            self._note(
                context.trace,
                Delivery(
                    start.caller,
                    context.written,
                    context.brief,
                    asked=options.asked,
                ),
            )
        reply = json_reply(output)
        return reply._replace(headers=_measures(context.written))

    def _note(self, trace: Trace, delivery: Delivery) -> None:
        monitor = self._desk.monitor()
        if monitor is not None:
            monitor.delivered(trace, delivery)

    def _record(self, context: StartContext) -> None:
        """The engine itself knows nothing of an agent for which no task was meant."""
        monitor = self._desk.monitor()
        if monitor is not None:
            monitor.record(context.trace, at_s=perf_counter(), source=SOURCE)

    async def _wait(self, request: HttpRequest, query: bytes, caller: Caller) -> HttpResponse:
        said = request.headers.get(b"x-taskstart-wait-us", b"")
        if not said.isdigit() or not 0 < int(said[:12]) <= LONGEST_WAIT_US:
            raise RefusalError(
                HTTPStatus.BAD_REQUEST, "X-TaskStart-Wait-Us must be whole microseconds"
            )
        if not caller.answered:
            raise RefusalError(HTTPStatus.CONFLICT, "no TaskStart was answered on this connection")
        caller.answered = 0
        monitor = self._desk.monitor()
        if monitor is not None:
            monitor.agent_waited(int(said) * 1_000)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)

    async def _health(self, request: HttpRequest, query: bytes, caller: Caller) -> HttpResponse:
        state = self._desk.state()
        serving = state in {EngineState.READY, EngineState.WARMING}
        return json_reply(
            {
                "state": state.value,
                "project": self._desk.project_name(),
                "version": __version__,
                "pid": os.getpid(),
            },
            HTTPStatus.OK if serving else HTTPStatus.SERVICE_UNAVAILABLE,
        )

    async def _metrics(self, request: HttpRequest, query: bytes, caller: Caller) -> HttpResponse:
        monitor = self._desk.monitor()
        if monitor is None:
            raise RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, "the engine is not open yet")
        # Only who is scraped pays for the client library, and no start waits for its import.
        await asyncio.to_thread(importlib.import_module, "engine.monitoring.prometheus")
        from engine.monitoring.prometheus import CONTENT_TYPE, PrometheusExposition

        text = PrometheusExposition(monitor).render()
        return HttpResponse(text, content_type=CONTENT_TYPE.encode())


def _measures(written: Written) -> tuple[tuple[bytes, bytes], ...]:
    """Characters per section, for who wants to see where a budget goes."""
    said = [
        f"{part.part.replace(' ', '-')}={part.characters}/{part.whole_characters}"
        for part in written.sections
    ]
    return (
        (b"X-TaskStart-Characters", str(written.characters).encode()),
        (b"X-TaskStart-Budget", str(written.budget or 0).encode()),
        (b"X-TaskStart-Sections", ", ".join(said).encode()),
    )


def _structured(answer: AnswerLike, text: str, written: Written | None) -> dict[str, Any]:
    trace = answer.trace
    return {
        "task_id": trace.task_id,
        "agent_role": trace.agent_role,
        "text": text,
        **measures(text, written),
        "payload": answer.payload,
        "total_ms": trace.total_ns / 1e6,
        "warm": trace.warm,
        "modeled": trace.modeled,
    }
