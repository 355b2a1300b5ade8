"""What a caller chooses by the query of its request: rendering, budget, format."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl

from engine.hook.wire import HttpRequest, RefusalError
from engine.settings.model import LARGEST_BUDGET, SMALLEST_BUDGET


class Rendering(enum.StrEnum):
    """How a context is written."""

    AGENTPM = "agentpm"
    """Byte for byte as AgentPM's own hook writes it."""
    FULL = "full"
    """For agents that read more, within a budget of characters."""


@dataclass(frozen=True, slots=True)
class CallerOptions:
    """One caller's choice."""

    rendering: Rendering
    budget: int | None
    """Most characters of the text; None is no bound."""
    as_json: bool
    asked: bool = False
    """The request itself says the budget."""


def caller_options(
    request: HttpRequest, query: bytes, *, rendering: Rendering, budget: int | None
) -> CallerOptions:
    """Read a caller's choice; `rendering` and `budget` are what holds where it says nothing.

    The budget bounds the full rendering only.

    `?rendering=agentpm|full`, `?budget=CHARACTERS` (0 is no bound) and `?format=text|json`, for
    which `Accept: application/json` stands too.

    Raises:
        RefusalError: an unknown option, or a value that it does not take.
    """
    said = _parse(query)
    for name in said:
        if name not in {"rendering", "budget", "format"}:
            raise _bad(f"unknown option {name[:40]!r}: there are rendering, budget and format")
    if "rendering" in said:
        try:
            rendering = Rendering(said["rendering"])
        except ValueError:
            raise _bad(f"rendering is agentpm or full, not {said['rendering'][:40]!r}") from None
    form = said.get("format")
    if form not in {None, "text", "json"}:
        raise _bad(f"format is text or json, not {said['format'][:40]!r}")
    as_json = form == "json" or (
        form is None and b"application/json" in request.headers.get(b"accept", b"").lower()
    )
    if "budget" in said:
        budget = _budget(said["budget"])
        if rendering is Rendering.AGENTPM and budget is not None:
            raise _bad("the agentpm rendering is never shortened: a budget needs rendering=full")
    return CallerOptions(rendering, budget, as_json, asked="budget" in said)


def _parse(query: bytes) -> dict[str, str]:
    if not query:
        return {}
    try:
        return dict(parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=16))
    except ValueError:
        raise _bad("the options behind the ? cannot be read") from None


def _budget(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise _bad(f"budget is a number of characters, not {text[:40]!r}")
    if int(text) == 0:
        return None
    if not SMALLEST_BUDGET <= int(text) <= LARGEST_BUDGET:
        raise _bad(f"budget is 0, or from {SMALLEST_BUDGET:,} to {LARGEST_BUDGET:,} characters")
    return int(text)


def _bad(line: str) -> RefusalError:
    return RefusalError(HTTPStatus.BAD_REQUEST, line)
