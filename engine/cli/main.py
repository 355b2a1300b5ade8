"""The command `taskstart`: finds the subcommand, and says every failure in a line or two.

Exit codes: 0 good, 1 failed, 2 wrong use, 130 interrupted, 141 nobody reads the output any more.
Subcommands are imported when they are called, and the console opens without importing click, so
that its first frame comes soon.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence

from engine.cli.signals import ending_as_interrupted
from engine.cli.streams import discard_output, prepare_streams
from engine.errors import TaskStartError

FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130
UNREAD = 141
"""What a shell says of `cat` when its reader has gone: 128 and the number of SIGPIPE."""
_LONGEST_LINE = 1000
_OUTPUT_FAILED = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    chosen = list(sys.argv[1:] if arguments is None else arguments)
    prepare_streams()
    try:
        return _reported(chosen)
    except BrokenPipeError:
        # The reader (head, say) has seen enough.
        discard_output()
        return UNREAD


def _reported(arguments: list[str]) -> int:
    """The exit code; failures are said on standard error."""
    try:
        with ending_as_interrupted():
            code = _run(arguments)
            sys.stdout.flush()
    except TaskStartError as error:
        return report(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        # Commands turn the failures of files that they know of into their own words.
        if error.filename is not None or error.errno not in _OUTPUT_FAILED:
            raise
        discard_output()
        return report(TaskStartError(f"standard output: {error.strerror}", "free some space there"))
    return code


def _run(arguments: list[str]) -> int:
    if arguments in ([], ["--demo"]):
        from engine.cli.console import open_console

        return open_console(demo=bool(arguments))
    from engine.cli.group import run_group

    return run_group(arguments)


def report(error: TaskStartError, where: str = "") -> int:
    """Say a failure on standard error: the reason, and below it what to do next."""
    place = f"{where}: " if where else ""
    sys.stderr.write(f"taskstart: {_one_line(place + error.reason)}\n")
    if error.remedy:
        sys.stderr.write(f"  → {_one_line(error.remedy)}\n")
    return FAILED


def _one_line(text: str) -> str:
    """`text` without what would break the line or steer the terminal, and its middle if too long."""
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    if len(shown) <= _LONGEST_LINE:
        return shown
    half = _LONGEST_LINE // 2
    return f"{shown[:half]} … {shown[-half:]}"


if __name__ == "__main__":
    sys.exit(main())
