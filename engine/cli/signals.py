"""A request to end, or a closed terminal, ends a command as tidily as Ctrl-C does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_REQUESTS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ending_as_interrupted() -> Iterator[None]:
    """Within it SIGTERM and SIGHUP interrupt, so that nothing half-made stays behind.

    A signal that is ignored (nohup) or handled by somebody else already is left alone. Only for
    the main thread.
    """
    taken = [one for one in _REQUESTS if signal.getsignal(one) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # A running event loop has put its own handler there, which cancels what it runs.
    on_interrupt = signal.getsignal(signal.SIGINT)
    if callable(on_interrupt):
        on_interrupt(number, frame)
    else:
        raise KeyboardInterrupt
