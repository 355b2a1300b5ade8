"""Alerts: what is beyond a limit now, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from engine.service.messages import AlertView, MetricView, Snapshot
from tui import format as fmt
from tui import states
from tui.actions import Scope, bindings_of
from tui.alerts.explain import ExplainAlert, explanation
from tui.live.alerts_panel import counts
from tui.screen import ConsoleScreen
from tui.text import BLANK, Line, Piece, line
from tui.widgets.list_table import ListTable, Row
from tui.widgets.panel import Frame, Panel
from tui.widgets.table import Column


class AlertsTable(ListTable):
    """One row per alert; those that are on, or were when a replay ended, first."""

    TITLE = "alerts"
    EMPTY = "No alert yet. A metric beyond its limit shows here and stays in the list."
    COLUMNS = (
        Column("state", 9, rank=100),
        Column("began", 8, rank=90),
        Column("for", 7, right=True, rank=80),
        Column("what", 30, rank=99, flexible=True),
        Column("costs", 9, rank=20),
        Column("seen", 8, rank=70),
    )

    def aside(self) -> Line:
        """How many."""
        return counts(self.snapshot)

    def show(self, snapshot: Snapshot) -> None:
        """The alerts of this snapshot."""
        self.snapshot = snapshot
        ordered = sorted(
            snapshot.alerts,
            key=lambda alert: (not alert.active, not states.is_at_end(alert), -alert.id),
        )
        self.set_rows([Row(alert.id, _cells(alert, snapshot.metrics)) for alert in ordered])


def _cells(alert: AlertView, metrics: Sequence[MetricView]) -> list[Line | str]:
    return [
        line(states.alert_state(alert, metrics)),
        alert.began_at,
        fmt.minutes(alert.seconds),
        alert.text,
        line(Piece("≈ modeled", "modeled")) if alert.modeled else "native",
        line(Piece("✓ seen", "muted")) if alert.acknowledged else "not yet",
    ]


class AlertDetail(Panel):
    """The alert under the cursor in full."""

    TITLE = "why, and what to press"

    def __init__(self) -> None:
        super().__init__(id="alert-detail")
        self.chosen: int | None = None

    def alert(self) -> AlertView | None:
        """The chosen alert as it is now."""
        alerts = self.snapshot.alerts if self.snapshot else []
        return next((alert for alert in alerts if alert.id == self.chosen), None)

    def body(self, width: int, height: int, frame: Frame) -> list[Line]:
        """Its explanation."""
        alert = self.alert()
        if alert is None or self.snapshot is None:
            return [BLANK]
        lines = explanation(alert, width, self.snapshot.metrics)
        # What is said matters more than the room between it.
        return lines if len(lines) <= height else [row for row in lines if row != BLANK]


class AlertsScreen(ConsoleScreen):
    """List and detail."""

    SCOPE = Scope.ALERTS
    CSS_PATH = "alerts.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.ALERTS)]
    AUTO_FOCUS = "AlertsTable"

    def compose_panels(self) -> ComposeResult:
        """The list above, the alert under the cursor below."""
        yield AlertsTable(id="alerts-table")
        yield AlertDetail()

    def show(self, snapshot: Snapshot) -> None:
        """Keep the detail on the cursor's alert."""
        super().show(snapshot)
        self._follow_cursor()

    def on_list_table_moved(self) -> None:
        """Show the alert under the cursor."""
        self._follow_cursor()

    def action_explain(self) -> None:
        """Open what is under the cursor."""
        self.query_one(AlertsTable).action_choose()

    def on_list_table_chosen(self) -> None:
        """Open it."""
        alert = self.query_one(AlertDetail).alert()
        snapshot = self.console.feed.snapshot
        if alert and snapshot:
            self.app.push_screen(ExplainAlert([alert], snapshot.metrics))

    def _follow_cursor(self) -> None:
        key = self.query_one(AlertsTable).cursor_key
        detail = self.query_one(AlertDetail)
        detail.chosen = key if isinstance(key, int) else None
        detail.repaint()

    def action_acknowledge(self) -> None:
        """Mark the alert under the cursor as seen."""
        alert = self.query_one(AlertDetail).alert()
        if alert and not alert.acknowledged:
            self.console.acknowledge(alert.id)
