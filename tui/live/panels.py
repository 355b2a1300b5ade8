"""The panels of Live in their order; imported after the first frame."""

from __future__ import annotations

from collections.abc import Iterator

from textual.containers import Container
from textual.widget import Widget

from tui.live.alerts_panel import AlertsPanel
from tui.live.caches_panel import CachesPanel
from tui.live.latency_chart import LatencyChart
from tui.live.metrics_panel import MetricsPanel
from tui.live.optimizations_panel import OptimizationsPanel
from tui.live.phases_panel import PhasesPanel
from tui.live.statements_panel import StatementsPanel
from tui.live.traffic_line import TrafficLine


def live_panels() -> Iterator[Widget]:
    """Metrics on top, then time, caches, alerts."""
    yield MetricsPanel(id="metrics")
    yield TrafficLine(id="traffic")
    yield Container(LatencyChart(id="latency"), PhasesPanel(), id="time")
    yield Container(CachesPanel(id="caches"), OptimizationsPanel(id="optimizations"), id="work")
    yield Container(StatementsPanel(id="statements"), AlertsPanel(id="alerts"), id="base")
