"""Why an alert is there and what to press."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from engine.service.messages import AlertView, MetricView
from tui import format as fmt
from tui import states
from tui.dialogs.base import Dialog
from tui.text import BLANK, Line, Piece, line, wrap
from tui.widgets.sheet import Writer


class ExplainAlert(Dialog):
    """One alert in full, and the next ones by the arrows."""

    HEADING = "alert"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "acknowledge", "acknowledge", id="acknowledge-this"),
        Binding("left", "turn(-1)", "the alert before", id="alert-before"),
        Binding("right", "turn(1)", "the next alert", id="alert-next"),
    ]

    def __init__(self, alerts: Sequence[AlertView], metrics: Sequence[MetricView]) -> None:
        """`alerts`, at least one, the first to be shown first; `metrics` are of the same moment."""
        super().__init__()
        self._alerts = alerts
        self._place = 0
        self._metrics = metrics

    @property
    def heading(self) -> str:
        """Which of how many."""
        if len(self._alerts) == 1:
            return super().heading
        return f"{super().heading} {self._place + 1} of {len(self._alerts)}"

    @property
    def hint(self) -> str:
        """An alert is acknowledged once."""
        keys = ["◂▸ next alert"] if len(self._alerts) > 1 else []
        keys += [] if self._alert.acknowledged else ["a acknowledge"]
        return " · ".join((*keys, super().hint))

    @property
    def _alert(self) -> AlertView:
        return self._alerts[self._place]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without acknowledging what has been acknowledged."""
        del parameters
        return action != "acknowledge" or not self._alert.acknowledged

    def writer(self) -> Writer:
        """The lines for a width."""
        return lambda width: explanation(self._alert, width, self._metrics)

    def action_turn(self, direction: int) -> None:
        """Show another of the alerts."""
        self._place = (self._place + direction) % len(self._alerts)
        self.show_again()
        self.refresh_bindings()

    def action_acknowledge(self) -> None:
        """Mark it as seen and close."""
        self.console.acknowledge(self._alert.id)
        self.dismiss()


def explanation(alert: AlertView, width: int, metrics: Sequence[MetricView] = ()) -> list[Line]:
    """State, figures, since when, why; `metrics` are those of the same moment."""
    since = "for" if alert.active else "lasted"
    lines = [
        line(states.alert_state(alert, metrics), "  ", Piece(alert.text, "strong")),
        line(
            Piece(f"{alert.metric}, began {alert.began_at}, ", "muted"),
            f"{since} {fmt.minutes(alert.seconds)}",
        ),
    ]
    if alert.modeled:
        lines.append(line(Piece("≈ modeled: the costs of this run were injected", "modeled")))
    if standing := states.standing(alert, metrics):
        lines += [line(row) for row in wrap(standing, width)]
    if states.is_at_end(alert):
        words = "So it was when the replay ended; no start has come since that could change it."
        lines += [line(row) for row in wrap(words, width)]
    if alert.why:
        lines += [BLANK, *(line(row) for row in wrap(alert.why, width))]
    if alert.saved:
        saved = f"s plays what led to it: the scenario {alert.saved}"
        lines += [BLANK, *(line(Piece(row, "muted")) for row in wrap(saved, width))]
    if alert.acknowledged:
        lines += [BLANK, line(Piece("✓ seen", "muted"))]
    return lines
