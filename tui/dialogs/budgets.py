"""The budgets of the callers: most characters of a context, changed in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Label

from engine.errors import SettingError
from engine.service.messages import ChangeSettings, Done, ReplyBody
from engine.settings import SETTING_SPECS, Settings, get_setting, with_setting
from engine.settings.words import format_value
from tui.dialogs.base import Dialog

PATHS = tuple(path for path in SETTING_SPECS if path.startswith("budgets."))


class BudgetsDialog(Dialog):
    """One field for each caller; Enter puts all that differ in force, as one step."""

    HEADING = "budgets, in characters"
    HINT = "⏎ apply · tab next · esc close"

    def __init__(self, values: Mapping[str, Any]) -> None:
        """`values` are the settings in force, by path."""
        super().__init__()
        self._now = {path: values.get(path, get_setting(Settings(), path)) for path in PATHS}

    def compose_content(self) -> ComposeResult:
        """The fields and a line for what is wrong with them."""
        for path in PATHS:
            spec = SETTING_SPECS[path]
            yield Label(f"{spec.title}: {spec.help}")
            # An id holds no dots.
            yield Input(self._text(path), compact=True, id=path.replace(".", "-"))
        yield Label("\nClaude Code hands over 10,000 characters whole; 0 is no bound.")
        yield Label("", id="budget-error")

    def _text(self, path: str) -> str:
        spec = SETTING_SPECS[path]
        return format_value(spec, self._now[path]).removesuffix(spec.unit).strip()

    def on_mount(self) -> None:
        """Type at once."""
        self.query(Input).first().focus()

    @on(Input.Submitted)
    def apply(self) -> None:
        """Put what was typed in force."""
        changes = {}
        for path in PATHS:
            text = self.query_one(f"#{path.replace('.', '-')}", Input).value
            try:
                value = get_setting(with_setting(Settings(), path, text), path)
            except SettingError as error:
                self.query_one("#budget-error", Label).update(f"✖ {error.reason}")
                return
            if value != self._now[path]:
                changes[path] = value
        if changes:
            self.console.send(ChangeSettings(changes=changes), self._done)
        else:
            self.dismiss()

    def _done(self, reply: ReplyBody) -> None:
        if isinstance(reply, Done):
            self.dismiss()
