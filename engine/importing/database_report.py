"""What an import of a database read, column by column, and what became of it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from engine.importing.moments import ColumnTally


class ColumnView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one column's values. All counts but `rows` are exclusive."""

    column: str
    gave: str
    present: bool
    rows: int
    used: int
    empty: int
    same: int
    making: int
    outside: int
    orphaned: int
    unusable: dict[str, int]


class DatabaseCoverage(msgspec.Struct, kw_only=True):
    """The report of an import of a database."""

    project: str
    workload: str = ""
    """Path of the file that was written; empty when none was."""
    tasks: int = 0
    starts: int = 0
    writes: int = 0
    first: datetime | None = None
    last: datetime | None = None
    columns: list[ColumnView] = []
    unused: dict[str, str] = {}
    """Times that are not read, and why."""

    def as_text(self) -> str:
        """The report for a person."""
        lines = [
            f"project     {self.project}, {self.tasks:,} tasks",
            "times       without a zone are UTC; of each row only the last change is held, of each"
            " task only the first start",
        ]
        lines += [_line(view) for view in self.columns if view.present and view.rows]
        if absent := [view.column for view in self.columns if view.present and not view.rows]:
            lines.append(f"no rows     {', '.join(dict.fromkeys(absent))}")
        if missing := [view.column for view in self.columns if not view.present]:
            lines.append(f"no column   {', '.join(dict.fromkeys(missing))}: not in this database")
        lines += [f"not read    {column}: {why}" for column, why in self.unused.items()]
        if self.workload and self.first is not None and self.last is not None:
            lines.append(f"workload    {self.workload}")
            lines.append(
                f"            {self.starts:,} starts and {self.writes:,} writes, "
                f"{self.first:%Y-%m-%d %H:%M:%S} to {self.last:%Y-%m-%d %H:%M:%S} UTC"
            )
        return "\n".join(lines)


def column_view(tally: ColumnTally) -> ColumnView:
    """A tally as it is reported."""
    return ColumnView(
        column=tally.column,
        gave=tally.gave,
        present=tally.present,
        rows=tally.rows,
        used=tally.used,
        empty=tally.empty,
        same=tally.same,
        making=tally.making,
        outside=tally.outside,
        orphaned=tally.orphaned,
        unusable=dict(tally.unusable.most_common()),
    )


def _line(view: ColumnView) -> str:
    left_out = (
        (view.empty, "empty"),
        (view.same, "the same write as another column's"),
        (view.making, "the row's making"),
        (view.outside, "outside of the time asked for"),
        (view.orphaned, "of rows that a replay cannot write to"),
        *((n, f"unusable: {why}") for why, n in view.unusable.items()),
    )
    said = "".join(f"; {n:,} {what}" for n, what in left_out if n)
    return f"column      {view.column}: {view.used:,} of {view.rows:,} gave {view.gave}{said}"
