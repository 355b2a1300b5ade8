"""The SQL statements: how often, how long, what share of the database's time."""

from __future__ import annotations

from collections.abc import Sequence

from engine.service.messages import StatementView
from tui import format as fmt
from tui.text import BLANK, Line, Piece, clip, line, wrap
from tui.widgets.panel import Frame, Panel
from tui.widgets.table import Column, fit_columns, table_header, table_row

_COLUMNS = (
    Column("statement", 18, rank=100),
    Column("count", 8, right=True, rank=99),
    Column("p95 ms", 8, right=True, rank=98),
    Column("share", 6, right=True, rank=97),
    Column("plan", 20, rank=50, flexible=True),
)


class StatementsPanel(Panel):
    """The statements that took most of the time first."""

    TITLE = "SQL statements"

    def aside(self) -> Line:
        """Over what they are counted."""
        return line(Piece("since the engine started", "muted"))

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """The table."""
        views = self.snapshot.statements if self.snapshot else []
        return statement_rows(views, width)[:height]


def statement_rows(
    views: Sequence[StatementView], width: int, *, whole_plans: bool = False
) -> list[Line]:
    """The statements as a table, by share of time; `whole_plans`: each in rows of its own."""
    if not views:
        return [line(Piece("No statement has run yet: warm starts need none.", "muted"))]
    columns = fit_columns(_COLUMNS[:-1] if whole_plans else _COLUMNS, width)
    plan_width = next((w for i, _, w in columns if i == 4), 0)
    rows = [table_header(columns)]
    for view in sorted(views, key=lambda view: -view.share):
        plan = clip("; ".join(_steps(view.plan)), plan_width) if plan_width else ""
        rows.append(
            table_row(
                columns,
                [
                    view.name.replace("_", " "),
                    fmt.count(view.count),
                    fmt.milliseconds(view.p95_ms),
                    f"{100 * view.share:.0f} %",
                    line(Piece(plan, "muted")) if plan else BLANK,
                ],
            )
        )
        if whole_plans:
            steps = [row for step in _steps(view.plan) for row in wrap(step, width - 2)]
            rows += [line(Piece(f"  {row}", "muted")) for row in steps]
    return rows


def _steps(plan: str) -> list[str]:
    """A plan's steps, which come on lines or behind semicolons."""
    return [step.strip() for step in plan.replace(";", "\n").splitlines() if step.strip()]
