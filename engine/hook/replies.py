"""Answers and failures as HTTP responses."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import msgspec

from engine.errors import ServiceError, TaskStartError
from engine.hook.wire import HttpResponse, RefusalError

JSON = b"application/json"

_STATUSES = {
    "bad_request": HTTPStatus.BAD_REQUEST,
    "not_found": HTTPStatus.NOT_FOUND,
    "inactive_agent": HTTPStatus.CONFLICT,
    "timeout": HTTPStatus.GATEWAY_TIMEOUT,
}
"""By the error's code; everything else means that there is no service now."""


def refusal_of(error: TaskStartError) -> RefusalError:
    """A failure of the engine as an HTTP error."""
    return RefusalError(_STATUSES.get(error.code, HTTPStatus.SERVICE_UNAVAILABLE), str(error))


def failure_code(status: HTTPStatus) -> str:
    """The code of the errors that are answered with `status`."""
    return next((code for code, one in _STATUSES.items() if one is status), ServiceError.code)


def text_reply(text: str) -> HttpResponse:
    """Text and a newline: what AgentPM's hook would print.

    A lone surrogate, which UTF-8 cannot say, becomes a question mark: the agent gets the rest.
    """
    return utf8_reply(text.encode("utf-8", "replace"))


def utf8_reply(text: bytes) -> HttpResponse:
    """`text_reply` of a text that is encoded already."""
    return HttpResponse(text + b"\n")


def json_reply(value: Any, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    """JSON; any text survives, lone surrogates too."""
    try:
        body = msgspec.json.encode(value)
    except (UnicodeEncodeError, OverflowError):
        body = json.dumps(value).encode("ascii")
    return HttpResponse(body, status, JSON)
