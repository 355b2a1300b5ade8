"""One line on a terminal's standard error, which a redirected report does not hold."""

from __future__ import annotations

import sys
import time

_EVERY_S = 0.2


class ProgressLine:
    """Shows the latest of many short texts, a few times a second; nothing without a terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._next_s = 0.0
        self._used = False

    def __call__(self, text: str) -> None:
        """Show `text`, unless another one was shown a moment ago."""
        now = time.monotonic()
        if not self._shown or now < self._next_s:
            return
        self._next_s = now + _EVERY_S
        self._used = True
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave an empty line."""
        if self._used:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
