"""The event loop of an engine's process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_served(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, on libuv where there is one for this Python.

    Taking a connection and waking up are most of a warm hook's wait, and cost half as much there
    (`taskstart bench --hook`).
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(main)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
