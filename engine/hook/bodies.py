"""Request bodies: JSON objects, decoded with an error that says what is wrong."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import msgspec

from engine.hook.wire import RefusalError

_BOM = b"\xef\xbb\xbf"
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def decode_object(body: bytes, what: str = "the body") -> dict[str, Any]:
    """The JSON object that `body` is. Of equal keys the last one counts.

    Raises:
        RefusalError: it is none.
    """
    if not body.strip(b" \t\r\n"):
        raise _bad(f"{what} is empty: one JSON object is expected")
    if body.startswith(_BOM):
        raise _bad(f"{what} begins with a byte order mark: send UTF-8 without one")
    try:
        value = _decode(body)
    except RecursionError:
        raise _bad(f"{what} is nested too deeply") from None
    except ValueError as error:
        raise _bad(f"{what} is not one JSON object ({_one_line(error)})") from None
    if not isinstance(value, dict):
        raise _bad(f"{what} must be one JSON object, not {_kind(value)}")
    return value


def object_or_none(body: bytes) -> dict[str, Any] | None:
    """What `decode_object` makes of a usual body; None where it would have to look twice."""
    try:
        value = _decoder.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _decode(body: bytes) -> Any:
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError:
        # The standard library takes what AgentPM takes and msgspec does not: lone surrogates as
        # escapes, NaN. It is also what says best where the text is wrong.
        return json.loads(body.decode("utf-8"))


def _bad(line: str) -> RefusalError:
    return RefusalError(HTTPStatus.BAD_REQUEST, line)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    return "text" if isinstance(value, str) else "a list"
