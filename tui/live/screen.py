"""Live: at one glance, whether TaskStarts are fast enough, and what makes them so."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from tui.actions import Scope, bindings_of
from tui.live.alerts_panel import AlertsPanel, current
from tui.live.caches_panel import CachesPanel
from tui.live.latency_chart import LatencyChart
from tui.live.metrics_panel import MetricsPanel
from tui.live.optimizations_panel import OptimizationsPanel
from tui.live.phases_panel import PhasesPanel
from tui.live.statements_panel import StatementsPanel
from tui.live.traffic_line import TrafficLine
from tui.screen import ConsoleScreen


class LiveScreen(ConsoleScreen):
    """The first screen."""

    SCOPE = Scope.LIVE
    CSS_PATH = "live.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.LIVE)]

    def compose_panels(self) -> ComposeResult:
        """Metrics on top, then time, caches, alerts."""
        yield MetricsPanel(id="metrics")
        yield TrafficLine(id="traffic")
        with Container(id="time"):
            yield LatencyChart(id="latency")
            yield PhasesPanel()
        with Container(id="work"):
            yield CachesPanel(id="caches")
            yield OptimizationsPanel(id="optimizations")
        with Container(id="base"):
            yield StatementsPanel(id="statements")
            yield AlertsPanel(id="alerts")

    def action_slowest(self) -> None:
        """Of all starts, or of the slowest 5 %."""
        self.query_one(PhasesPanel).toggle_slowest()

    def action_explain(self) -> None:
        """Explain the first alert."""
        from tui.alerts.explain import ExplainAlert

        alerts = current(self.console.feed.snapshot)
        if alerts:
            self.app.push_screen(ExplainAlert(alerts[0]))
        else:
            self.notify("No alert to explain: every judged metric is within its limit.")

    def action_acknowledge(self) -> None:
        """Mark the first alert as seen."""
        alerts = [a for a in current(self.console.feed.snapshot) if not a.acknowledged]
        if alerts:
            self.console.acknowledge(alerts[0].id)
