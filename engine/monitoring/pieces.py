"""Work in pieces: a generator that yields wherever others may go first, and returns the result.

The figures for the screens are made on the loop that agents' starts run on, so that nothing needs
a lock. In one go they would take milliseconds; in pieces no start waits for more than one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

Pieces = Generator[None, None, T]


def at_once(pieces: Pieces[T]) -> T:
    """Do all pieces one after another."""
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            result: T = end.value
            return result


async def in_turns(pieces: Pieces[T]) -> T:
    """Do the pieces with a turn of the event loop between them."""
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            result: T = end.value
            return result
        await asyncio.sleep(0)
