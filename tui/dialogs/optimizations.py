"""Switch one of the eight optimizations: the digit that follows `o`."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from engine.optimizations import ALL_OPTIMIZATIONS, Optimization
from engine.service.messages import ChangeSettings, OptimizationView
from tui.dialogs.base import Dialog
from tui.text import BLANK, Line, Piece, line
from tui.widgets.sheet import Writer


class OptimizationsDialog(Dialog):
    """Waits for one digit, switches, and closes."""

    HEADING = "switch an optimization"
    HINT = "1-8 switch · a all on · 0 all off · esc close"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(int(o)), f"choose({int(o)})", o.label, id=f"toggle-{int(o)}")
            for o in Optimization
        ),
        Binding("a", "all(True)", "all on", id="all-on"),
        Binding("0", "all(False)", "all off", id="all-off-now"),
    ]

    def __init__(self, views: list[OptimizationView]) -> None:
        super().__init__()
        self._views = views

    def writer(self) -> Writer:
        """Number, state, name, promise."""
        rows: list[Line] = []
        for view in self._views:
            call = f"screen.choose({view.number})"
            state = Piece("● on   " if view.on else "○ off  ", "ok" if view.on else "muted", call)
            rows.append(
                line(
                    Piece(f" {view.number}  ", "key", call),
                    state,
                    Piece(f"{view.title:<20}", "", call),
                    Piece(f"published {view.published}", "muted"),
                )
            )
        rows += [
            BLANK,
            line(
                Piece(" a", "key", "screen.all(True)"),
                "  all on      ",
                Piece("0", "key", "screen.all(False)"),
                "  all off (what the plan calls current)",
            ),
        ]
        return lambda _width: rows

    def action_choose(self, number: int) -> None:
        """Switch one and close."""
        self.console.action_switch_optimization(number)
        self.dismiss()

    def action_all(self, on: bool) -> None:
        """Switch all as one step and close."""
        value = ",".join(str(int(o)) for o in sorted(ALL_OPTIMIZATIONS)) if on else "none"
        self.console.send(ChangeSettings(changes={"optimizations": value}))
        self.dismiss()
