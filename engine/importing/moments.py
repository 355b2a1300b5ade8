"""The times that AgentPM stores, as instants."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from engine.context.decode import UnusableError, as_text
from engine.storage.rows import Cell

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_TOLERATED_FUTURE = timedelta(days=1)
"""Clocks of two machines, and local times stored without their zone, differ by less."""
_DATE_ONLY = 10


class UnusableMomentError(Exception):
    """A stored value is no instant; the message says why, in a few words."""


def read_moment(cell: Cell, now: datetime) -> datetime | None:
    """A cell as an instant, UTC; None where it is empty. Without a zone it is UTC, as SQLite's are.

    Raises:
        UnusableMomentError: it is no time, or one that cannot be meant.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, (int, float)):
        raise UnusableMomentError("a number")
    try:
        text = (as_text(cell) or "").strip()
    except UnusableError as error:
        raise UnusableMomentError(str(error)) from None
    if len(text) <= _DATE_ONLY:
        raise UnusableMomentError("a day without its time" if _is_day(text) else "not ISO 8601")
    try:
        moment = datetime.fromisoformat(text.replace(" ", "T"))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnusableMomentError("not ISO 8601") from None
    if moment < EARLIEST:
        raise UnusableMomentError("before 1970")
    if moment > now + _TOLERATED_FUTURE:
        raise UnusableMomentError("in the future")
    return moment


def _is_day(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@dataclass(slots=True)
class ColumnTally:
    """What became of the values of one column."""

    column: str
    """`table.column`."""
    gave: str
    """What its values became in the workload."""
    rows: int = 0
    empty: int = 0
    used: int = 0
    same: int = 0
    """Values that are the time of a write that another column gave already."""
    making: int = 0
    """Values that are the time at which the row was made, for which there is no operation."""
    outside: int = 0
    """Values outside of the span that was asked for."""
    orphaned: int = 0
    """Values whose row belongs to something that is not there any more."""
    present: bool = True
    """False when this database has no such column."""
    unusable: Counter[str] = field(default_factory=Counter)
    """How many were of no use, by the reason."""

    def read(self, cell: Cell, now: datetime) -> datetime | None:
        """`read_moment`, counted; None where the value is empty or of no use."""
        self.rows += 1
        try:
            moment = read_moment(cell, now)
        except UnusableMomentError as error:
            self.unusable[str(error)] += 1
            return None
        self.empty += moment is None
        return moment
