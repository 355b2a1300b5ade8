"""What a setting is to a person, and its value from what a person typed or a file says."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Any

from engine.errors import SettingError
from engine.settings.model import Freshness, LoadingStrategy

_DAY = 86_400.0


class Kind(enum.StrEnum):
    """How a setting's value is read and shown."""

    DURATION = "duration"
    COUNT = "count"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """What a person needs to know to change one setting."""

    path: str
    title: str
    kind: Kind
    help: str
    unit: str = ""
    minimum: float = 0.0
    maximum: float = math.inf
    choices: tuple[str, ...] = ()
    zero: str = ""
    """What 0 means where it is allowed beside the bounds."""


_TRUE = {"on", "true", "yes", "1"}
_FALSE = {"off", "false", "no", "0"}


def _number(spec: SettingSpec, value: Any) -> float:
    if isinstance(value, str) and spec.zero and value.strip().lower() == spec.zero:
        return 0
    if isinstance(value, str):
        value = parse_duration(value) if spec.kind is Kind.DURATION else _parse_number(spec, value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise SettingError(f"{spec.path} wants a number, not {value!r}")
    if spec.zero and not value:
        return 0
    if not spec.minimum <= value <= spec.maximum:
        unit = f" {spec.unit}" if len(spec.unit) > 2 else spec.unit
        most = " or more" if math.isinf(spec.maximum) else f" to {spec.maximum:.10g}"
        zero = f", or 0 ({spec.zero})" if spec.zero else ""
        raise SettingError(
            f"{spec.path} is {value:.10g}{unit}, allowed is {spec.minimum:g}{most}{zero}"
        )
    return value


def _parse_number(spec: SettingSpec, text: str) -> float:
    try:
        return float(text.replace(",", "").replace("_", "").removesuffix(spec.unit or " ").strip())
    except ValueError:
        raise SettingError(f"{spec.path} wants a number, not {text!r}") from None


_SECONDS = {
    word: seconds
    for words, seconds in (
        ("ms millisecond milliseconds", 0.001),
        ("s sec secs second seconds", 1.0),
        ("m min mins minute minutes", 60.0),
        ("h hr hrs hour hours", 3600.0),
        ("d day days", _DAY),
    )
    for word in words.split()
}


def parse_duration(text: str) -> float:
    """Seconds of `90`, `90 s`, `1.5 min`, `2 h`, `1 day`, `10 ms`.

    Raises:
        SettingError: the text is no duration.
    """
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
    unit = text[len(digits) :].strip().lower() or "s"
    digits = digits.replace(",", "").replace("_", "")
    try:
        return float(digits) * _SECONDS[unit]
    except (ValueError, KeyError):
        raise SettingError(f"{text!r} is no duration: say 90 s, 5 min, 2 h or 1 day") from None


def convert(spec: SettingSpec, value: Any) -> Any:
    """`value` as the setting holds it.

    Raises:
        SettingError: the setting does not take it.
    """
    match spec.kind:
        case Kind.SWITCH:
            if isinstance(value, bool):
                return value
            word = str(value).strip().lower()
            if word in _TRUE or word in _FALSE:
                return word in _TRUE
            raise SettingError(f"{spec.path} wants on or off, not {value!r}")
        case Kind.CHOICE:
            word = str(value).strip().lower()
            if word not in spec.choices:
                raise SettingError(
                    f"{spec.path} wants one of {', '.join(spec.choices)}, not {value!r}"
                )
            return (Freshness if spec.path == "freshness" else LoadingStrategy)(word)
        case Kind.TEXT:
            if not isinstance(value, str) or (not value.strip() and spec.path != "optimizations"):
                raise SettingError(f"{spec.path} wants text, not {value!r}")
            return value.strip()
        case Kind.COUNT:
            number = _number(spec, value)
            if number != int(number):
                raise SettingError(f"{spec.path} wants a whole number, not {value!r}")
            return int(number)
        case Kind.DURATION | Kind.NUMBER:
            return float(_number(spec, value))
