"""Statements and connections, for screens that have no room for them."""

from __future__ import annotations

from engine.service.messages import Snapshot
from tui.dialogs.base import Dialog
from tui.live.optimizations_panel import connections
from tui.live.statements_panel import statement_rows
from tui.text import BLANK, Line, Piece, line, wrap
from tui.widgets.sheet import Writer


class DatabaseDialog(Dialog):
    """The table of SQL statements, and the pool."""

    HEADING = "database"

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self._snapshot = snapshot

    def writer(self) -> Writer:
        """The lines for a width."""
        return self._lines

    def _lines(self, width: int) -> list[Line]:
        pool, project = self._snapshot.pool, self._snapshot.project
        lines = [
            line(Piece("SQL statements since the engine started", "title")),
            *statement_rows(self._snapshot.statements, width, whole_plans=True),
            BLANK,
            connections(pool, width),
        ]
        if pool.suggestion:
            lines += [line(Piece(row, "warn")) for row in wrap(pool.suggestion, width)]
        lines.append(line(Piece("loading      ", "muted"), self._snapshot.loading))
        lines.append(line(Piece("journal      ", "muted"), project.journal_mode))
        lines += [line(Piece(row, "muted")) for row in wrap(f"project      {project.root}", width)]
        return lines
