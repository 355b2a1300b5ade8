"""The command `taskstart`: finds the subcommand, and says every failure.

Exit codes: 0 good, 1 failed, 2 wrong use, 130 interrupted, 141 nobody reads the output any more.
Subcommands are imported when they are called, and the console opens without importing click, so
that its first frame comes soon.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence

from engine.cli.reporting import INTERRUPTED, UNREAD, report, wants_json
from engine.cli.signals import ending_as_interrupted
from engine.cli.streams import discard_output, prepare_streams
from engine.errors import TaskStartError

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
    as_json = wants_json(arguments)
    if as_json:
        import logging

        from engine.cli.log_notes import log_as_notes

        log_as_notes(logging.WARNING, as_json=True)
    try:
        with ending_as_interrupted():
            code = _run(arguments)
            sys.stdout.flush()
    except TaskStartError as error:
        return report(error, as_json=as_json)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        # Commands turn the failures of files that they know of into their own words.
        if error.filename is not None or error.errno not in _OUTPUT_FAILED:
            raise
        discard_output()
        failure = TaskStartError(f"standard output: {error.strerror}", "free some space there")
        return report(failure, as_json=as_json)
    return code


def _run(arguments: list[str]) -> int:
    if arguments in ([], ["--demo"]):
        from engine.cli.console import open_console

        return open_console(demo=bool(arguments))
    from engine.cli.group import run_group

    return run_group(arguments)


if __name__ == "__main__":
    sys.exit(main())
