"""The frame that all dialogs share."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import Click
from textual.screen import ModalScreen

from tui.commands import EngineCommands
from tui.widgets.sheet import Sheet, Writer


class Dialog(ModalScreen[None]):
    """A box with lines; Esc or a click beside it closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "app.pop_screen", "close", key_display="esc", id="close-dialog"),
    ]
    # Absolute: a relative path would be looked up beside each subclass.
    CSS_PATH = Path(__file__).with_name("dialogs.tcss")
    HEADING: ClassVar[str] = ""
    HINT: ClassVar[str] = "esc close"

    def compose(self) -> ComposeResult:
        """The box."""
        box = VerticalScroll(id="dialog")
        box.border_title = self.heading
        box.border_subtitle = self.hint
        with box:
            yield from self.compose_content()

    def show_again(self) -> None:
        """Show heading, hint and lines as they are now."""
        box = self.query_one("#dialog", VerticalScroll)
        box.border_title, box.border_subtitle = self.heading, self.hint
        for sheet in self.query(Sheet):
            sheet.show(self.writer())

    @property
    def console(self) -> EngineCommands:
        """The app, as what dialogs need of it."""
        assert isinstance(self.app, EngineCommands)
        return self.app

    @property
    def heading(self) -> str:
        """What the box shows."""
        return self.HEADING

    @property
    def hint(self) -> str:
        """The keys that work here."""
        return self.HINT

    def compose_content(self) -> ComposeResult:
        """What is in the box; lines by default."""
        yield Sheet(self.writer())

    def writer(self) -> Writer:
        """The lines."""
        raise NotImplementedError

    def on_click(self, event: Click) -> None:
        """A click beside the box closes it."""
        if event.widget is self:
            self.dismiss()
