"""The one-line widgets around every screen: tabs, status, keys."""

from __future__ import annotations

from collections.abc import Sequence

from tui import format as fmt
from tui import wire as m
from tui.actions import BY_ID, SCREENS, Scope
from tui.text import BLANK, Item, Line, Piece, clip, fit, item, line, spread, width_of
from tui.widgets.layout import is_roomy
from tui.widgets.painted import Painted

_WIDE = 110
"""Cells from which the keys' titles are told in full."""


class TabLine(Painted):
    """The screens with their digits, the project and the clock."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(classes="bar")
        self._scope = scope
        self._snapshot: m.Snapshot | None = None

    def show(self, snapshot: m.Snapshot) -> None:
        """Show this snapshot's project, clock and number of alerts."""
        self._snapshot = snapshot
        self.repaint()

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """Tabs left, project and clock right."""
        tabs: list[Piece] = []
        for number, (mode, scope) in enumerate(SCREENS, 1):
            here = scope is self._scope
            click = f"app.show('{mode}')"
            tabs.append(Piece(f" {number} {scope.value} ", "tab" if here else "", click))
            if scope is Scope.ALERTS and (count := self._alerts()):
                tabs.append(Piece(f"✖{count}", "alert", click))
        left = tuple(tabs)
        room = width - width_of(left) - 2
        return [spread(left, pad_right(self._project(room)), width)]

    def _alerts(self) -> int:
        if self._snapshot is None:
            return 0
        return sum(
            alert.active and alert.state is m.MetricState.ALERT for alert in self._snapshot.alerts
        )

    def _project(self, room: int) -> Line:
        snapshot = self._snapshot
        if snapshot is None:
            return BLANK
        project = snapshot.project
        return fit(
            [
                item(clip(project.name, 24), clip(project.name, 10), "", rank=2),
                item(f"{fmt.count(project.tasks)} tasks", "", rank=1),
                _clock(snapshot),
            ],
            room,
            line(Piece(" · ", "muted")),
        )


def _clock(snapshot: m.Snapshot) -> Item:
    """What time it is; in a replay it is the time that is replayed, and says so or is left out."""
    playback = snapshot.playback
    if playback is None or playback.state is m.PlayState.PREPARING:
        return item(snapshot.clock, "", rank=3)
    if playback.state is m.PlayState.FAILED:
        return item("")
    return item(f"{snapshot.clock} in the replay", f"replay {snapshot.clock}", "")


def pad_right(pieces: Line) -> Line:
    """The pieces with one blank after them, when there are any."""
    return (*pieces, Piece(" ")) if pieces else pieces


class StatusLine(Painted):
    """Source of traffic, native or modeled, freshness, recording, engine."""

    def __init__(self, *, with_traffic: bool) -> None:
        """`with_traffic`: say also how many starts come, for screens that say it nowhere else."""
        super().__init__(classes="bar")
        self._with_traffic = with_traffic
        self._snapshot: m.Snapshot | None = None
        self._lost = ""

    def show(self, snapshot: m.Snapshot | None, lost: str) -> None:
        """Show this snapshot's states; `lost` says why there is no engine, or is empty."""
        self._snapshot, self._lost = snapshot, lost
        self.repaint()

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """As many states as fit, the most important in full."""
        snapshot = self._snapshot
        no_engine = line(Piece("✖ no engine", "alert"))
        if snapshot is None:
            starting = line(Piece("◌ starting the engine …", "muted"))
            return [(Piece(" "), *(no_engine if self._lost else starting))]
        if self._lost:
            told = f"these are its last figures, of {snapshot.clock}"
            past = item(
                line(Piece(told, "muted")), line(Piece(f"last of {snapshot.clock}", "muted"))
            )
            return [(Piece(" "), *fit([item(no_engine, rank=99), past], width - 2))]
        # Only with a snapshot: before the first frame there is none, and no need of the states.
        from tui import states

        modeled = states.cost_badge(snapshot.modeled, snapshot.profile)
        warming = "● warming on" if snapshot.warming else "○ warming off"
        items = [
            states.source_item(snapshot),
            item(modeled, states.cost_badge(snapshot.modeled), rank=80),
            states.freshness_item(snapshot),
            states.recording_item(snapshot),
            states.engine_item(snapshot),
        ]
        if self._with_traffic and not is_roomy(self.app.size):
            items.append(states.traffic_items(snapshot))
        else:
            items.append(item(warming, "", rank=10))
        return [(Piece(" "), *fit(items, width - 2, line(Piece(" │ ", "muted"))))]


class KeyLine(Painted):
    """At most eight keys, from the bindings that are live."""

    MOST = 8

    def __init__(self, *always: str) -> None:
        super().__init__(classes="bar")
        self._always = always
        """Ids of actions that stand first here, whatever their rank."""

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """The screens' digits first, then by rank as many as fit."""
        focused = self.screen.focused
        if focused is not None and focused.check_consume_key("1", "1"):
            keys = (("⏎", "take what is typed"), ("esc", "leave the field"))
            return [(Piece(" "), *fit([item(key_hint(*key, "")) for key in keys], width - 2))]
        wide = width >= _WIDE
        items = [item(key_hint("1-6", "screens", ""), rank=99)]
        for pinned in (BY_ID[name] for name in self._always):
            hint = key_hint(pinned.shown or pinned.keys, pinned.title, pinned.call)
            items.append(item(hint, rank=98))
        ranked = []
        for active in self.screen.active_bindings.values():
            action = BY_ID.get(active.binding.id or "")
            here = action is not None and action.call == f"app.show('{self.app.current_mode}')"
            if action and action.footer and active.enabled and not here:
                ranked.append(action)
        best = sorted(set(ranked), key=lambda action: -action.footer)[: self.MOST - len(items)]
        for action in sorted(best, key=lambda action: self._place(action.id)):
            words = action.title if wide else action.short or action.title
            hint = key_hint(action.shown or action.keys, words, action.call)
            items.append(item(hint, "", rank=action.footer))
        return [(Piece(" "), *fit(items, width - 2, line("   " if wide else "  ")))]

    @staticmethod
    def _place(action_id: str) -> tuple[int, int]:
        # What belongs to the screen comes before what works everywhere; help and the palette last.
        last = {"help": 1, "palette": 2, "quit": 3}.get(action_id, 0)
        action = BY_ID[action_id]
        return last, -action.footer - (100 if action.scope is not Scope.APP else 0)


def key_hint(key: str, words: str, call: str) -> Line:
    """A key and what it does."""
    return line(Piece(key, "key", call), Piece(f" {words}", "", call))
