"""JSON as AgentPM's writers left it, decoded to what `json.loads` gives, at msgspec's speed."""

from __future__ import annotations

import json
from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode


class JsonTextError(ValueError):
    """The text is not JSON, or is nested too deeply to decode."""


def decode_json(text: str) -> Any:
    """Decode one JSON document.

    What msgspec refuses is left to `json.loads`, so that NaN, infinities, numbers out of range and
    lone surrogates decode as they do there. A lone surrogate, which no UTF-8 output can carry,
    becomes U+FFFD.

    Raises:
        JsonTextError: the text is not JSON.
    """
    try:
        return _decode(text)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        pass
    try:
        return _without_lone_surrogates(json.loads(text))
    except RecursionError:
        raise JsonTextError("nested too deeply") from None
    except ValueError:
        raise JsonTextError("not JSON") from None


def decode_json_twice(text: str) -> Any:
    """Decode JSON; where that gives a string, decode the string too (AgentPM writes both forms).

    Raises:
        JsonTextError: the text, or the string within it, is not JSON.
    """
    value = decode_json(text)
    return decode_json(value) if isinstance(value, str) else value


def _without_lone_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return (
            value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
            if not value.isascii()
            else value
        )
    if isinstance(value, list):
        return [_without_lone_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {
            _without_lone_surrogates(key): _without_lone_surrogates(item)
            for key, item in value.items()
        }
    return value
