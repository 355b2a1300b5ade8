"""A table with a cursor: arrows, page keys, Enter and the mouse; paints only what is in view."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message

from tui.text import BLANK, Item, Line, Piece, line, pad
from tui.widgets.panel import Frame, Panel
from tui.widgets.table import Column, fit_columns, table_header, table_row

_FIRST_ROW_Y = 2
"""Below the frame's top and the header."""


class Row(NamedTuple):
    """One row: its key, by which the cursor finds it again, and its cells."""

    key: Hashable
    cells: Sequence[Line | Item | str]
    whole: Line | None = None
    """In place of cells, a line across all columns."""


def scroll_bar(top: int, room: int, total: int) -> list[Piece]:
    """Beside `room` of `total` rows, of which `top` are above: which part they are."""
    length = max(1, round(room * room / total))
    begin = round((room - length) * top / max(1, total - room))
    return [
        Piece("┃", "accent") if begin <= row < begin + length else Piece("│", "border")
        for row in range(room)
    ]


class ListTable(Panel):
    """Rows below a header, in a panel."""

    can_focus = True
    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    GAP: ClassVar[int] = 2
    EMPTY: ClassVar[str] = ""
    """What to do next when there is no row."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False, key_display="↑", id="row-up"),
        Binding("down,j", "move(1)", "down", show=False, key_display="↓", id="row-down"),
        Binding("pageup", "page(-1)", "page up", show=False, key_display="pgup", id="page-up"),
        Binding("pagedown", "page(1)", "page down", show=False, key_display="pgdn", id="page-down"),
        Binding("home", "move(-1000000)", "first", show=False, id="row-first"),
        Binding("end", "move(1000000)", "last", show=False, id="row-last"),
    ]

    class Chosen(Message):
        """Enter or a second click on a row."""

        def __init__(self, table: ListTable, key: Hashable) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> ListTable:
            """The table, for `@on` selectors."""
            return self.table

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, table: ListTable, key: Hashable) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> ListTable:
            """The table, for `@on` selectors."""
            return self.table

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()
        self._cursor = 0
        self._top = 0

    @property
    def cursor_key(self) -> Hashable | None:
        """Key of the row under the cursor; None when there is no row."""
        return self._rows[self._cursor].key if self._rows else None

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows; the cursor stays on its row's key, or on the first row if it was there."""
        key, follow = self.cursor_key, self._cursor == 0
        self._rows = rows
        if not follow and key is not None:
            found = next((i for i, row in enumerate(rows) if row.key == key), None)
            self._cursor = found if found is not None else self._cursor
        self._cursor = min(self._cursor, max(0, len(rows) - 1))
        self.repaint()

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """Header and the rows in view."""
        if not self._rows:
            return [BLANK, line(Piece(self.EMPTY, "muted"))]
        room = max(1, height - 1)
        hidden = len(self._rows) > room
        inside = width - 2 if hidden else width
        fitted = fit_columns(self.COLUMNS, inside - 1, self.GAP)
        self._top = min(max(self._top, self._cursor - room + 1), self._cursor)
        self._top = max(0, min(self._top, len(self._rows) - room))
        lines: list[Line] = [(Piece(" "), *table_header(fitted, self.GAP))]
        for index in range(self._top, min(len(self._rows), self._top + room)):
            row = self._rows[index]
            cells = table_row(fitted, row.cells, self.GAP) if row.whole is None else row.whole
            content = (Piece(" "), *cells)
            if index == self._cursor:
                content = self._with_cursor(content, inside)
            lines.append(content)
        if hidden:
            bar = scroll_bar(self._top, room, len(self._rows))
            lines[1:] = [
                (*pad(content, inside), Piece(" "), mark)
                for content, mark in zip(lines[1:], bar, strict=False)
            ]
        return lines

    def _with_cursor(self, content: Line, width: int) -> Line:
        # The arrow tells the row in monochrome; states keep their own role.
        role = "cursor" if self.has_focus else "cursor-blurred"
        keep = {"alert", "failed", "draft"}
        marked = [p if p.role in keep else p._replace(role=role) for p in pad(content, width)]
        marked[0] = Piece("›", role)
        return tuple(marked)

    def on_focus(self) -> None:
        """The frame and the cursor show the focus."""
        self.repaint()

    def on_blur(self) -> None:
        """And its absence."""
        self.repaint()

    def go_to(self, key: Hashable) -> None:
        """Put the cursor on the row with this key, if there is one."""
        found = next((i for i, row in enumerate(self._rows) if row.key == key), None)
        if found is not None:
            self.action_move(found - self._cursor)

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        if not self._rows:
            return
        before = self._cursor
        self._cursor = min(len(self._rows) - 1, max(0, self._cursor + by))
        if self._cursor != before:
            self.repaint()
            self.post_message(self.Moved(self, self.cursor_key))

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self.action_move(direction * max(1, self.size.height - 4))

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self._rows:
            self.post_message(self.Chosen(self, self.cursor_key))

    def on_click(self, event: Click) -> None:
        """A click moves the cursor; one on the cursor's row opens it."""
        if "@click" in event.style.meta:
            return
        index = self._top + event.y - _FIRST_ROW_Y
        if self._rows and event.y >= _FIRST_ROW_Y and index < len(self._rows):
            if index == self._cursor:
                self.action_choose()
            else:
                self.action_move(index - self._cursor)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The wheel moves the cursor."""
        event.stop()
        self.action_move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The wheel moves the cursor."""
        event.stop()
        self.action_move(-1)
