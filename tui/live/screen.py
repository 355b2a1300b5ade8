"""Live: at one glance, whether TaskStarts are fast enough, and what makes them so."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from tui.actions import Scope, bindings_of
from tui.screen import ConsoleScreen


class LiveScreen(ConsoleScreen):
    """The first screen: its panels come right after the first frame, which shows all else."""

    SCOPE = Scope.LIVE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.LIVE)]

    def compose_panels(self) -> ComposeResult:
        """The place of the panels."""
        yield Container(id="live")

    def on_mount(self) -> None:
        """Bring the panels once the first frame is out."""
        self.call_after_refresh(self._bring_panels)

    async def _bring_panels(self) -> None:
        from tui.live.panels import live_panels

        await self.query_one("#live", Container).mount(*live_panels())
        self.refresh_all()

    def action_slowest(self) -> None:
        """Of all starts, or of the slowest 5 %."""
        from tui.live.phases_panel import PhasesPanel

        for panel in self.query(PhasesPanel):
            panel.toggle_slowest()

    def action_explain(self) -> None:
        """Explain the alerts, the first one first."""
        from tui.alerts.explain import ExplainAlert
        from tui.live.alerts_panel import current

        snapshot = self.console.feed.snapshot
        if snapshot and (alerts := current(snapshot)):
            self.app.push_screen(ExplainAlert(alerts, snapshot.metrics))
        else:
            self.notify("No alert to explain: every judged metric is within its limit.")

    def action_acknowledge(self) -> None:
        """Mark the first alert as seen."""
        from tui.live.alerts_panel import current

        alerts = [a for a in current(self.console.feed.snapshot) if not a.acknowledged]
        if alerts:
            self.console.acknowledge(alerts[0].id)
