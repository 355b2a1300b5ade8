"""What a cache keeps for one key: the value, and everything needed to judge whether it may be served."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from engine.trace import Level, Outcome

V = TypeVar("V")

Signature = tuple[int, ...]
"""A file's identity and state, compared whole; its meaning belongs to whoever made it."""

FileSignatures = tuple[tuple[str, Signature | None], ...]
"""Each file that a value depends on, with its signature when it was read; None means absent."""


class Entry(msgspec.Struct, Generic[V], frozen=True):
    """A value with its deadline's origin and its proof. Immutable: a confirmation makes a new one.

    The cache judges `loaded_at` only. Whether `epoch`, `files` and `valid_until` still hold is
    judged by the caller, who knows the database, the files and the date.
    """

    value: V
    """None is a value: it says that the thing does not exist."""
    loaded_at: float
    """Monotonic seconds, read before the load began."""
    epoch: int = 0
    """The database's epoch, read before the load began."""
    valid_until: float | None = None
    """Wall time (seconds since 1970, UTC) from which the value is wrong whatever the database says."""
    proof: bytes = b""
    """Fingerprint of the content that the value was made from; empty when it cannot be proven."""
    files: FileSignatures = ()


class Found(msgspec.Struct, Generic[V], frozen=True):
    """The answer to one look-up."""

    entry: Entry[V] | None
    """On a hit the entry to serve; on `EXPIRED` the candidate that a proof may revive, if any."""
    level: Level | None
    """The level that answered; None on a miss."""
    outcome: Outcome
    """HIT, or why not: EXPIRED, FIRST_TIME, NO_ROOM or CHANGED."""


def confirmed(
    entry: Entry[V], *, loaded_at: float, epoch: int, files: FileSignatures | None = None
) -> Entry[V]:
    """`entry` as of a later read that proved its content unchanged.

    Args:
        loaded_at: monotonic seconds before that read began.
        epoch: the database's epoch before that read began.
        files: the signatures seen by that read; None keeps those of `entry`.
    """
    return Entry(
        entry.value,
        loaded_at,
        epoch,
        entry.valid_until,
        entry.proof,
        entry.files if files is None else files,
    )
