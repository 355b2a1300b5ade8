"""The settings in force against the project's file."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from engine.service.messages import SettingsDiff
from tui.dialogs.base import Dialog
from tui.text import BLANK, Line, Piece, line, wrap
from tui.widgets.sheet import Writer
from tui.widgets.table import Column, fit_columns, table_header, table_row

_COLUMNS = (
    Column("setting", 24, flexible=True),
    Column("in the file", 14, right=True),
    Column("now", 14, right=True),
)


class DifferencesDialog(Dialog):
    """What `w` would write, and what loading the file would take back."""

    HEADING = "settings against the file"
    HINT = "w save to the file · l load from it · esc close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "save", "save", id="save-differences"),
        Binding("l", "load", "load", id="load-differences"),
    ]

    def __init__(self, found: SettingsDiff) -> None:
        super().__init__()
        self._found = found

    def writer(self) -> Writer:
        """The lines for a width."""
        return lambda width: difference_rows(self._found, width)

    def action_save(self) -> None:
        """Write the settings in force and close."""
        self.console.action_save()
        self.dismiss()

    def action_load(self) -> None:
        """Take those of the file and close."""
        self.console.action_load()
        self.dismiss()


def difference_rows(found: SettingsDiff, width: int) -> list[Line]:
    """The file, then one row a setting that differs."""
    rows = [line(Piece(row, "muted")) for row in wrap(found.path, width)]
    if not found.exists:
        words = "There is no such file yet: the published defaults stand in its place."
        rows += [line(row) for row in wrap(words, width)]
    rows.append(BLANK)
    if not found.differences:
        return [*rows, line(Piece("✓ ", "ok"), "the settings in force are those of the file")]
    columns = fit_columns(_COLUMNS, width)
    rows.append(table_header(columns))
    rows += [
        table_row(columns, [one.title, one.in_file, line(Piece(one.now, "draft"))])
        for one in found.differences
    ]
    return rows
