"""Why an alert is there and what to press."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from engine.service.messages import AlertView, MetricView
from tui import format as fmt
from tui import states
from tui.commands import EngineCommands
from tui.dialogs.base import Dialog
from tui.text import BLANK, Line, Piece, line, wrap
from tui.widgets.sheet import Writer


class ExplainAlert(Dialog):
    """One alert in full."""

    HEADING = "alert"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "acknowledge", "acknowledge", id="acknowledge-this"),
    ]

    def __init__(self, alert: AlertView, metrics: Sequence[MetricView]) -> None:
        """`metrics` are those of the moment at which it is explained."""
        super().__init__()
        self._alert = alert
        self._metrics = metrics

    @property
    def hint(self) -> str:
        """An alert is acknowledged once."""
        return super().hint if self._alert.acknowledged else f"a acknowledge · {super().hint}"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without acknowledging what has been acknowledged."""
        del parameters
        return action != "acknowledge" or not self._alert.acknowledged

    def writer(self) -> Writer:
        """The lines for a width."""
        return lambda width: explanation(self._alert, width, self._metrics)

    def action_acknowledge(self) -> None:
        """Mark it as seen and close."""
        assert isinstance(self.app, EngineCommands)
        self.app.acknowledge(self._alert.id)
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
    if alert.why:
        lines += [BLANK, *(line(row) for row in wrap(alert.why, width))]
    if alert.saved:
        saved = f"s plays what led to it: the scenario {alert.saved}"
        lines += [BLANK, *(line(Piece(row, "muted")) for row in wrap(saved, width))]
    if alert.acknowledged:
        lines += [BLANK, line(Piece("✓ seen", "muted"))]
    return lines
