"""Every cache with its levels: how long, how many, and what came of it; values edited in place."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar

from engine.service.messages import CacheLevelView, CacheView, Snapshot, StaleView
from engine.trace import Level, Namespace
from tui import format as fmt
from tui import states
from tui.caches.draft import Draft
from tui.caches.fields import RowKey, What, worded
from tui.live.caches_panel import rate_role
from tui.text import Line, Piece, line
from tui.widgets.list_table import ListTable, Row
from tui.widgets.table import Column

STALE = "stale"
"""Key of the row that tells how many answers were found out of date."""


def stale_line(stale: StaleView) -> Line:
    """`stale 2 of 41 checked, oldest 26 min`, and how to see them."""
    call = "app.stale_examples"
    role = "warn" if stale.stale else "muted"
    return line(
        Piece(f"  · {states.stale_words(stale)}", role, call),
        Piece("   v", "key", call),
        Piece(" old text beside new", "muted", call),
    )


class CacheTable(ListTable):
    """The cursor is on one value: a row, and one of its two limits."""

    TITLE = "caches"
    EMPTY = "Waiting for the engine's first figures …"
    GAP = 1
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("cache", 14, rank=100),
        Column("keep for", 10, right=True, rank=99),
        Column("entries", 8, right=True, rank=60),
        Column("at most", 11, right=True, rank=98),
        Column("hit rate", 9, right=True, rank=97),
        Column("asked", 6, right=True, rank=95),
        Column("first", 6, right=True, rank=30),
        Column("expired", 8, right=True, rank=70),
        Column("needless", 9, right=True, rank=80),
        Column("changed", 8, right=True, rank=40),
        Column("no room", 8, right=True, rank=15),
        Column("µs/hit", 7, right=True, rank=22),
        Column("B/entry", 8, right=True, rank=20),
        Column("", 0, rank=0, flexible=True),
    )

    def __init__(self) -> None:
        super().__init__(id="cache-table")
        self.what = What.KEEP_FOR
        self.draft = Draft()
        self._open = {"answers"}

    def aside(self) -> Line:
        """The window of the figures."""
        if self.snapshot is None:
            return ()
        return line(
            f"{self.snapshot.window.label}, {fmt.count(self.snapshot.window.starts)} starts",
        )

    def footnote(self) -> Line:
        """The two words that are not plain."""
        return line(
            Piece("needless: expired, reloaded, and nothing had changed  ⏎ levels", "muted")
        )

    def show(self, snapshot: Snapshot) -> None:
        """This snapshot's figures."""
        self.snapshot = snapshot
        self.fill()

    def fill(self) -> None:
        """Make the rows from the snapshot and the drafts."""
        rows: list[Row] = []
        for cache in self.snapshot.caches if self.snapshot else []:
            opened = cache.name in self._open
            rows.append(Row(RowKey(cache.name), self._cache_cells(cache, opened)))
            if opened:
                rows += [
                    Row(RowKey(cache.name, level.level), self._level_cells(cache, level))
                    for level in cache.levels
                ]
            if cache.name == Namespace.ANSWERS and self.snapshot and self.snapshot.stale:
                rows.append(Row(STALE, (), stale_line(self.snapshot.stale)))
        self.set_rows(rows)

    @property
    def row(self) -> RowKey | None:
        """The cache or level under the cursor; on the line about stale answers, `answers`."""
        key = self.cursor_key
        if key == STALE:
            return RowKey(Namespace.ANSWERS.value)
        return key if isinstance(key, RowKey) else None

    @property
    def path(self) -> str | None:
        """The setting under the cursor."""
        return self.row.path(self.what) if self.row else None

    def value_of(self, path: str) -> float:
        """The value shown: the draft's, else the one in force."""
        assert self.snapshot is not None
        return float(self.draft.value(path, self.snapshot.settings))

    def toggle_levels(self, key: Hashable) -> None:
        """Show or hide a cache's levels."""
        if isinstance(key, RowKey):
            self._open ^= {key.cache}
            self.fill()

    def _value(self, key: RowKey, what: What) -> Line:
        path = key.path(what)
        text = worded(path, self.value_of(path))
        here = key == self.row and what is self.what
        role = "draft" if path in self.draft.changes or here else ""
        choose = f"screen.choose('{key.cache}', {key.level}, '{what.name}')"
        if not here:
            return line(Piece(text, role, choose), " ")
        return line(
            Piece("◂", "key", "screen.step(-1)"),
            Piece(text, role, "screen.type_value"),
            Piece("▸", "key", "screen.step(1)"),
        )

    def _cache_cells(self, cache: CacheView, opened: bool) -> list[Line | str]:
        key = RowKey(cache.name)
        hits = cache.hits
        arrow = "▾ " if opened else "▸ "
        rate = Piece(fmt.percent(hits, cache.asked), rate_role(hits, cache.asked))
        return [
            line(Piece(arrow, "muted", f"screen.levels('{cache.name}')"), cache.title),
            self._value(key, What.KEEP_FOR),
            fmt.count(cache.entries),
            self._value(key, What.SIZE),
            line(rate) if cache.on else line(Piece("off", "muted")),
            fmt.count(cache.asked),
            fmt.count(cache.first_time),
            fmt.count(cache.expired),
            line(Piece(fmt.count(cache.needless), "warn" if cache.needless else "")),
            fmt.count(cache.changed),
            fmt.count(cache.no_room),
            "",
            "",
            "",
        ]

    def _level_cells(self, cache: CacheView, level: CacheLevelView) -> list[Line | str]:
        key = RowKey(cache.name, level.level)
        rate = fmt.percent(level.hits, level.asked) if level.on else "off"
        return [
            line(Piece(f"  · {Level(level.level).label}", "" if level.on else "muted")),
            self._value(key, What.KEEP_FOR),
            fmt.count(level.entries),
            self._value(key, What.SIZE),
            line(Piece(rate, "" if level.on else "muted")),
            fmt.count(level.asked) if level.on else fmt.DASH,
            "",
            fmt.count(level.expirations) if level.on else "",
            "",
            "",
            fmt.count(level.evictions) if level.on else "",
            fmt.DASH if level.hit_us is None else f"{level.hit_us:.1f}",
            fmt.DASH if level.bytes_per_entry is None else f"{level.bytes_per_entry:,.0f}",
            "",
        ]
