"""Caches: see what a time or a size gives, what it costs, and apply it while traffic flows."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from engine.errors import SettingError
from engine.service.messages import (
    CancelTry,
    ChangeSettings,
    ResetSettings,
    Snapshot,
    Suggestion,
    Try,
    TryState,
)
from tui.actions import Scope, bindings_of
from tui.caches.changes import ChangesPanel
from tui.caches.curve_panel import CurvePanel
from tui.caches.draft import Draft, most_generous_level, reach
from tui.caches.draft_panel import DraftPanel
from tui.caches.fields import (
    RowKey,
    What,
    coarse_step,
    default_of,
    fine_step,
    rounded,
    typed,
)
from tui.caches.forecasts import Forecasts
from tui.caches.rate_panel import RatePanel
from tui.caches.table import STALE, CacheTable
from tui.caches.value_field import ValueField
from tui.plots import plotext_plot
from tui.screen import ConsoleScreen
from tui.widgets.list_table import ListTable

_LOOK_EVERY_S = 1.0


class CachesScreen(ConsoleScreen):
    """Table, what-if curve, draft, changes. Keys move the draft; Enter applies, Esc drops it."""

    SCOPE = Scope.CACHES
    CSS_PATH = "caches.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.CACHES)]
    AUTO_FOCUS = "CacheTable"

    def __init__(self) -> None:
        super().__init__()
        self._draft = Draft()
        self._applied: dict[str, Any] = {}
        """What the engine has accepted; no draft any more with the next snapshot."""
        self._forecasts = Forecasts(self.app_send, self._refresh_effects)

    def app_send(self, *arguments: Any, **options: Any) -> None:
        """Send by the console, which a screen only has once it is mounted."""
        self.console.send(*arguments, **options)

    def compose_panels(self) -> ComposeResult:
        """The table above all."""
        yield CacheTable()
        yield ValueField()
        with Container(id="effects"):
            yield CurvePanel()
            yield RatePanel(self.console.rates)
            yield DraftPanel()
        yield ChangesPanel()

    def on_mount(self) -> None:
        """plotext is imported now, not before: in a thread, so that no frame waits for it."""
        self._table.draft = self.query_one(DraftPanel).draft = self._draft
        self.run_worker(self._load_plots(), name="load plotext")
        self.set_interval(_LOOK_EVERY_S, self._look)

    async def _load_plots(self) -> None:
        await plotext_plot.load()
        self.query_one(RatePanel).repaint()
        self.query_one(CurvePanel).repaint()

    def _look(self) -> None:
        if self.is_current and not self.console.feed.lost:
            self._forecasts.look(self.console.feed.snapshot)

    def show(self, snapshot: Snapshot) -> None:
        """New figures; what has come into force is a draft no longer."""
        self._draft.settle(snapshot.settings)
        for path, value in self._applied.items():
            if self._draft.changes.get(path) == value:
                del self._draft.changes[path]
        self._applied.clear()
        self.query_one(ChangesPanel).changes = self.console.changes.changes
        super().show(snapshot)
        self._follow_cursor()
        self._forecasts.follow(snapshot, self._cache, self._draft.changes)

    @property
    def _table(self) -> CacheTable:
        return self.query_one(CacheTable)

    @property
    def _cache(self) -> str:
        return self._table.row.cache if self._table.row else "answers"

    def _follow_cursor(self) -> None:
        table, draft = self._table, self.query_one(DraftPanel)
        if table.row is not None:
            draft.row, draft.what = table.row, table.what
        rate = self.query_one(RatePanel)
        if rate.cache != self._cache:
            rate.cache = self._cache
            rate.repaint()
        self._refresh_effects()

    def _refresh_effects(self) -> None:
        """Show the newest predictions and the draft's place on the curve."""
        draft, curve = self.query_one(DraftPanel), self.query_one(CurvePanel)
        draft.view = curve.view = self._forecasts.view
        draft.preview = self._forecasts.preview if self._draft else None
        curve.failure = self._forecasts.failure
        curve.what = self._table.what
        snapshot = self.console.feed.snapshot
        caches = snapshot.caches if snapshot else []
        cache = next((view for view in caches if view.name == self._cache), None)
        curve.draft = None
        if snapshot is not None and cache is not None:
            curve.title = cache.title
            if self._draft:
                values = {**snapshot.settings, **self._draft.changes}
                curve.draft = reach(cache, curve.what, values)
        draft.repaint()
        curve.repaint()

    def _changed_draft(self) -> None:
        """The draft is another one: show it now, and ask what it gives."""
        self._forecasts.drop_preview()
        self._look_at_value()

    def on_list_table_moved(self) -> None:
        """Another value is under the cursor."""
        self._look_at_value()

    def _look_at_value(self) -> None:
        """Show the value under the cursor and what it gives."""
        self.query_one(DraftPanel).error = ""
        self._table.fill()
        snapshot = self.console.feed.snapshot
        if snapshot is not None:
            self._forecasts.follow(snapshot, self._cache, self._draft.changes)
        self._follow_cursor()

    def on_list_table_chosen(self, event: ListTable.Chosen) -> None:
        """Show or hide the levels, or the stale answers."""
        if event.key == STALE:
            self.console.action_stale_examples()
        else:
            self._table.toggle_levels(event.key)

    # ---- drafting ---------------------------------------------------------------------------

    def action_step(self, direction: int) -> None:
        """The next round value."""
        if self._table.path is not None:
            path = self._table.path
            self._put(path, fine_step(path, self._table.value_of(path), direction))

    def action_leap(self, direction: int) -> None:
        """Half or double."""
        if self._table.path is not None:
            path = self._table.path
            self._put(path, coarse_step(path, self._table.value_of(path), direction))

    @on(CurvePanel.Picked)
    def _pick(self, event: CurvePanel.Picked) -> None:
        """What was pointed at, of the value under the cursor.

        A cache that its levels end sooner cannot reach it alone: the level that keeps longest
        goes with it.
        """
        table, snapshot = self._table, self.console.feed.snapshot
        if table.row is None or table.path is None or snapshot is None:
            return
        value = rounded(table.path, event.value)
        cache = next((view for view in snapshot.caches if view.name == table.row.cache), None)
        if cache is not None and not table.row.level:
            most = most_generous_level(cache, table.what, snapshot.settings)
            if most:
                raised = max(value, float(snapshot.settings[most]))
                self._draft.put(most, raised, snapshot.settings)
        self._put(table.path, value)

    @on(CurvePanel.Turned)
    def _turn(self, event: CurvePanel.Turned) -> None:
        self.action_step(event.direction)

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

    def action_levels(self, cache: str) -> None:
        """Show or hide a cache's levels by the mouse."""
        self._table.toggle_levels(RowKey(cache))

    def action_curve(self) -> None:
        """The what-if curve, or the hit rate over time."""
        self.query_one("#effects").toggle_class("-over-time")

    def action_reset(self) -> None:
        """Draft the published default."""
        if self._table.path is not None:
            self._put(self._table.path, default_of(self._table.path))

    def action_reset_cache(self) -> None:
        """The published defaults of the cache or level under the cursor, at once."""
        if self._table.row is not None:
            prefix = self._table.row.path(What.KEEP_FOR).rpartition(".")[0]
            self.console.send(ResetSettings(prefix=prefix))

    def _put(self, path: str, value: float) -> None:
        snapshot = self.console.feed.snapshot
        if snapshot is not None:
            self._draft.put(path, value, snapshot.settings)
            self._changed_draft()

    # ---- what becomes of the draft ----------------------------------------------------------

    def action_apply(self) -> None:
        """Apply the draft as one undoable step; without one, open what is under the cursor."""
        if not self._draft:
            self._table.action_choose()
            return
        changes = dict(self._draft.changes)
        preview = self._forecasts.preview
        predicted = preview.draft.hit_rate if preview is not None else None
        self.console.changes.expect(changes, self._cache, predicted)
        self.console.send(
            ChangeSettings(changes=changes), lambda _reply: self._applied.update(changes)
        )

    def action_drop(self) -> None:
        """Esc: leave the field, drop the draft, or leave the screen."""
        if self.query_one(ValueField).display:
            self._stop_typing()
        elif self._draft:
            self._draft.clear()
            self._changed_draft()
        else:
            self.console.go_back()

    def action_try_draft(self) -> None:
        """Play the recorded traffic under the draft; give a try up that is on."""
        snapshot = self.console.feed.snapshot
        tried = snapshot.tried if snapshot is not None else None
        if tried is not None and tried.state in (TryState.PREPARING, TryState.PLAYING):
            self.console.send(CancelTry())
        elif self._draft:
            self.console.send(Try(changes=dict(self._draft.changes)))
        else:
            self.notify("Draft a change first: ◂ ▸ or e.")

    def action_suggest(self) -> None:
        """Ask for settings that reach a target."""
        from tui.caches.suggest import SuggestDialog

        self.app.push_screen(SuggestDialog(self._cache, self._take_suggestion))

    def _take_suggestion(self, suggestion: Suggestion) -> None:
        snapshot = self.console.feed.snapshot
        if snapshot is not None:
            for path, value in suggestion.changes.items():
                self._draft.put(path, value, snapshot.settings)
            self._changed_draft()

    # ---- typing a value ---------------------------------------------------------------------

    def action_type_value(self) -> None:
        """Ask for the value where it stands."""
        table = self._table
        if table.path is not None:
            self.query_one(ValueField).ask(table.path, table.what, table.value_of(table.path))

    @on(ValueField.Submitted)
    def _typed(self, event: ValueField.Submitted) -> None:
        path = self._table.path
        self._stop_typing()
        if path is None:
            return
        try:
            self._put(path, float(typed(path, event.value)))
        except SettingError as error:
            draft = self.query_one(DraftPanel)
            draft.error = str(error)
            draft.repaint()

    def _stop_typing(self) -> None:
        self.query_one(ValueField).display = False
        self._table.focus()
