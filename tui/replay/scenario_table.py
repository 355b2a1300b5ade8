"""The list of what can be played: the bundled scenarios, then one's own, newest first."""

from __future__ import annotations

import re
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType

from engine.lengths import length_text
from engine.service.messages import ScenarioView, Snapshot
from tui import states
from tui.actions import Scope, bindings_of
from tui.replay_end import is_over
from tui.text import Item, Line, Piece, item, line
from tui.widgets.list_table import ListTable, Row
from tui.widgets.table import Column

_NAME_IN_WORDS = re.compile(r"^\D* (?=\d)")
"""What a result line compares, where it is said in words: `first start `, not `p50 `."""
_NAMED_BY_TIME = re.compile(r"^(.*)-(\d{8}-\d{6})$")


class ScenarioTable(ListTable):
    """The bundled scenarios and the user's recordings."""

    TITLE = "scenarios"
    EMPTY = "Looking for scenarios …"
    # A list's own k moves the cursor up; here it keeps a run.
    BINDINGS: ClassVar[list[BindingType]] = [
        binding for binding in bindings_of(Scope.REPLAY) if binding.id == "keep-run"
    ]
    GAP = 1
    COLUMNS = (
        Column("", 1, rank=101),
        Column("name", 13, rank=100),
        Column("wall", 5, right=True, rank=90),
        Column("starts", 6, right=True, rank=60),
        Column("writes", 6, right=True, rank=50),
        Column("", 1, rank=95),
        Column("what you will see", 52, rank=98, flexible=True),
        Column("last result", 20, rank=40, flexible=True),
    )

    def __init__(self) -> None:
        super().__init__(id="scenarios")
        self.scenarios: list[ScenarioView] = []

    def aside(self) -> Line:
        """What the badges mean."""
        return line(Piece("● native ", "native"), Piece("≈ modeled", "modeled"))

    def take(self, scenarios: list[ScenarioView]) -> None:
        """Show this list."""
        self.scenarios = scenarios
        self._fill()

    @property
    def chosen(self) -> ScenarioView | None:
        """The scenario under the cursor."""
        return next((one for one in self.scenarios if _key(one) == self.cursor_key), None)

    def show(self, snapshot: Snapshot) -> None:
        """Mark the one that plays."""
        self.snapshot = snapshot
        self._fill()

    def _fill(self) -> None:
        playback = self.snapshot.playback if self.snapshot else None
        playing = playback.name if playback and not is_over(playback) else ""
        self.set_rows(
            [Row(_key(view), scenario_cells(view, view.name == playing)) for view in self.scenarios]
        )


def _key(view: ScenarioView) -> str:
    return view.path or view.name


def shown_name(view: ScenarioView, now: datetime) -> tuple[str, str]:
    """What the list calls a scenario, and what else its name says.

    A recording that was named after its project and its time is known by the time.
    """
    named = None if view.bundled else _NAMED_BY_TIME.match(view.name)
    if named is None:
        return view.name, ""
    try:
        when = datetime.strptime(named[2], "%Y%m%d-%H%M%S").replace(tzinfo=now.tzinfo)
    except ValueError:
        return view.name, ""
    return f"{when:%d %b %H:%M}" if when.year == now.year else f"{when:%d %b %Y}", named[1]


def result_item(result: str) -> Item:
    """A result line, without the less important where there is no room for all of it."""
    if not result:
        return item(line(Piece("never played", "muted")))
    compared, *more = result.split(" · ")
    failed = [part for part in more if part.endswith(" failed")]
    details = [part for part in more if part not in failed]
    figures = _NAME_IN_WORDS.sub("", compared)
    return item(
        *(" · ".join([compared, *details[:n], *failed]) for n in range(len(details), -1, -1)),
        " · ".join([figures, *failed]),
        failed[0] if failed else figures,
    )


def scenario_cells(view: ScenarioView, playing: bool) -> list[Line | Item | str]:
    """The cells of one scenario."""
    name, of = shown_name(view, datetime.now().astimezone())
    told = view.line
    if not view.bundled:
        parts = [part for part in (of, view.line.removeprefix("yours: ")) if part]
        told = f"yours: {', '.join(parts)}"
    return [
        line(Piece("▶", "ok")) if playing else " ",
        line(Piece(name, "strong")),
        length_text(view.wall_s),
        f"{view.starts:,}",
        f"{view.writes:,}",
        line(states.cost_glyph(view.modeled)),
        told,
        item("playing") if playing else result_item(view.last_result),
    ]
