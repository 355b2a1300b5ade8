"""Caches: tune while traffic flows, and see at once what it does."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Input

from engine.errors import SettingError
from engine.service.messages import ChangeSettings, ResetSettings, Snapshot
from tui.actions import Scope, bindings_of
from tui.caches.changes import ChangesPanel
from tui.caches.fields import RowKey, What, coarse_step, fine_step, spec_of, typed, worded
from tui.caches.panels import RatePanel, ValuePanel
from tui.caches.table import CacheTable
from tui.plots import plotext_plot
from tui.screen import ConsoleScreen
from tui.widgets.list_table import ListTable

_SETTLE_S = 0.25
"""Keys pressed faster than this are one change, and one step of undo."""


class CachesScreen(ConsoleScreen):
    """Table, the value under the cursor, hit rate over time, changes."""

    SCOPE = Scope.CACHES
    CSS_PATH = "caches.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.CACHES)]
    AUTO_FOCUS = "CacheTable"

    def __init__(self) -> None:
        super().__init__()
        self._settling: Timer | None = None
        self._confirmed: set[str] = set()

    def compose_panels(self) -> ComposeResult:
        """The table above all."""
        yield CacheTable()
        yield ValuePanel()
        yield Input(id="value-input")
        with Container(id="effects"):
            yield RatePanel(self.console.rates)
            yield ChangesPanel()

    def on_mount(self) -> None:
        """plotext is imported now, not before: in a thread, so that no frame waits for it."""
        self.query_one("#value-input", Input).display = False
        self.run_worker(self._load_plots(), name="load plotext")

    async def _load_plots(self) -> None:
        await plotext_plot.load()
        self.query_one(RatePanel).repaint()

    def show(self, snapshot: Snapshot) -> None:
        """New figures; values that the engine has confirmed are drafts no longer."""
        for path in self._confirmed:
            self._table.drafts.pop(path, None)
        self._confirmed.clear()
        self.query_one(ChangesPanel).changes = self.console.changes.changes
        super().show(snapshot)
        self._follow_cursor()

    @property
    def _table(self) -> CacheTable:
        return self.query_one(CacheTable)

    def _follow_cursor(self) -> None:
        table, value = self._table, self.query_one(ValuePanel)
        value.row, value.what = table.row, table.what
        if table.path is not None:
            value.value = table.value_of(table.path)
        value.repaint()
        rate = self.query_one(RatePanel)
        if table.row is not None and rate.cache != table.row.cache:
            rate.cache = table.row.cache
            rate.repaint()

    def on_list_table_moved(self) -> None:
        """Another value is under the cursor."""
        self.query_one(ValuePanel).error = ""
        self._table.fill()
        self._follow_cursor()

    def on_list_table_chosen(self, event: ListTable.Chosen) -> None:
        """Show or hide the levels."""
        self._table.toggle_levels(event.key)

    # ---- editing ----------------------------------------------------------------------------

    def action_step(self, direction: int) -> None:
        """The next round value."""
        if self._table.path is not None:
            path = self._table.path
            self._draft(path, fine_step(path, self._table.value_of(path), direction))

    def action_leap(self, direction: int) -> None:
        """Half or double."""
        if self._table.path is not None:
            path = self._table.path
            self._draft(path, coarse_step(path, self._table.value_of(path), direction))

    def action_other_value(self) -> None:
        """From how long to how many, and back."""
        self._table.what = self._table.what.other
        self._table.fill()
        self._follow_cursor()

    def action_choose(self, cache: str, level: int, what: str) -> None:
        """Put the cursor on a value that was clicked."""
        self._table.what = What[what]
        self._table.go_to(RowKey(cache, level))
        self._table.fill()
        self._follow_cursor()

    def action_open_levels(self) -> None:
        """Show or hide the levels of the cache under the cursor."""
        self._table.action_choose()

    def action_levels(self, cache: str) -> None:
        """Show or hide a cache's levels by the mouse."""
        self._table.toggle_levels(RowKey(cache))

    def action_reset(self) -> None:
        """The published default of the cache or level under the cursor."""
        row = self._table.row
        if row is not None:
            prefix = row.path(What.KEEP_FOR).rpartition(".")[0]
            self.console.send(ResetSettings(prefix=prefix))

    def _draft(self, path: str, value: float) -> None:
        self.query_one(ValuePanel).error = ""
        self._table.drafts[path] = value
        self._table.fill()
        self._follow_cursor()
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(_SETTLE_S, self._apply)

    def _apply(self) -> None:
        self._settling = None
        changes = dict(self._table.drafts)
        if changes:
            self.console.send(
                ChangeSettings(changes=changes), done=lambda: self._confirmed.update(changes)
            )

    # ---- typing a value ---------------------------------------------------------------------

    def action_type_value(self) -> None:
        """Ask for the value where it stands."""
        path = self._table.path
        if path is None:
            return
        field = self.query_one("#value-input", Input)
        field.value = worded(path, self._table.value_of(path))
        field.border_title = (
            f"{spec_of(path).title}: 90 s, 5 min, 2 h, 1 day"
            if (self._table.what is What.KEEP_FOR)
            else f"{spec_of(path).title}: a whole number"
        )
        field.border_subtitle = "⏎ apply · esc leave"
        field.display = True
        self.query_one(ValuePanel).display = False
        field.focus()

    @on(Input.Submitted, "#value-input")
    def _typed(self, event: Input.Submitted) -> None:
        path = self._table.path
        self._stop_typing()
        if path is None:
            return
        try:
            self._draft(path, float(typed(path, event.value)))
        except SettingError as error:
            value = self.query_one(ValuePanel)
            value.error = str(error)
            value.repaint()

    def action_leave_typing(self) -> None:
        """Esc: leave the field, or the screen."""
        if self.query_one("#value-input", Input).display:
            self._stop_typing()
        else:
            self.console.go_back()

    def _stop_typing(self) -> None:
        self.query_one("#value-input", Input).display = False
        self.query_one(ValuePanel).display = True
        self._table.focus()
