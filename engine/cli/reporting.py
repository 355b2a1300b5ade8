"""What a command says on standard error, for a person or as JSON, and the exit codes.

For a person a failure is one line, and below it what to do next. After `--json` every line there is
one JSON object: a failure has the keys `error`, `where`, `remedy` and `code`, a note has `note`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from engine.errors import TaskStartError

FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130
UNREAD = 141
"""What a shell says of `cat` when its reader has gone: 128 and the number of SIGPIPE."""
_LONGEST_LINE = 1000


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the command line asks for JSON; known before it is understood, so also if it is not."""
    for argument in arguments:
        if argument == "--":
            return False
        if argument == "--json":
            return True
    return False


def report(error: TaskStartError, where: str = "", *, as_json: bool = False) -> int:
    """Say a failure: the reason, and what to do next.

    Args:
        where: the part of the command line, or of the work, that it is about.
    """
    if as_json:
        _write_object(
            {"error": error.reason, "where": where, "remedy": error.remedy, "code": error.code}
        )
        return FAILED
    place = f"{where}: " if where else ""
    sys.stderr.write(f"taskstart: {_one_line(place + error.reason)}\n")
    if error.remedy:
        sys.stderr.write(f"  → {_one_line(error.remedy)}\n")
    return FAILED


def note(text: str, *, as_json: bool = False) -> None:
    """Say what is no failure and yet to be known."""
    if as_json:
        _write_object({"note": text})
    else:
        sys.stderr.write(f"taskstart: {_one_line(text)}\n")


def _write_object(fields: dict[str, str]) -> None:
    import json  # the console needs none, and opens sooner without it

    sys.stderr.write(f"{json.dumps(fields)}\n")


def _one_line(text: str) -> str:
    """`text` without what would break the line or steer the terminal, and its middle if too long."""
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    if len(shown) <= _LONGEST_LINE:
        return shown
    half = _LONGEST_LINE // 2
    return f"{shown[:half]} … {shown[-half:]}"
