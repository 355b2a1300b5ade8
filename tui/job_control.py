"""Being stopped and continued by the shell (`^z`, `fg`)."""

from __future__ import annotations

import signal
from types import FrameType


def resume_only_when_stopped() -> None:
    """Let Textual take the terminal again only after it has given it back.

    A terminal that goes away sends SIGCONT after SIGHUP. Taken for the end of a stop, that would
    begin to read keys once more while the console ends, and its process would never end.
    """
    stop, resume = signal.getsignal(signal.SIGTSTP), signal.getsignal(signal.SIGCONT)
    is_stopped = False

    def on_stop(number: int, frame: FrameType | None) -> None:
        nonlocal is_stopped
        is_stopped = True
        if callable(stop):
            stop(number, frame)

    def on_continue(number: int, frame: FrameType | None) -> None:
        nonlocal is_stopped
        if is_stopped and callable(resume):
            is_stopped = False
            resume(number, frame)

    signal.signal(signal.SIGTSTP, on_stop)
    signal.signal(signal.SIGCONT, on_continue)
