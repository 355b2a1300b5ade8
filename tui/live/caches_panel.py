"""Where look-ups were answered: one row per cache, the share of each level."""

from __future__ import annotations

from collections.abc import Sequence

from engine.service.messages import CacheView
from tui import format as fmt
from tui.text import BLANK, Line, Piece, clip, fit, item, line
from tui.widgets.panel import Frame, Panel
from tui.widgets.table import Column, fit_columns, table_header, table_row

ENOUGH = 20
"""From this many look-ups on a rate is colored."""

_COLUMNS = (
    Column("cache", 12, rank=100),
    Column("asked", 5, right=True, rank=99),
    Column("hit rate", 8, right=True, rank=95),
    Column("L1", 5, right=True, rank=80),
    Column("L2", 5, right=True, rank=79),
    Column("L3", 5, right=True, rank=78),
    Column(" mostly", 12, rank=85, flexible=True),
    Column("needless", 8, right=True, rank=40),
    Column("entries", 8, right=True, rank=30),
    Column("size", 8, right=True, rank=20),
)

REASONS = (
    ("first_time", "first time"),
    ("expired", "expired"),
    ("no_room", "no room"),
    ("changed", "changed"),
    ("joined", "joined"),
)
"""Fields of `CacheView` that say why a look-up was not answered, with their words."""


class CachesPanel(Panel):
    """The caches over the window."""

    TITLE = "caches"
    COMPACT_FRAME = Frame.BARE

    def aside(self) -> Line:
        """The levels' whole names."""
        return line(Piece("answered by L1 live · L2 packed · L3 disk", "muted"))

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """A table, or one line where there is room for one."""
        caches = self.snapshot.caches if self.snapshot else []
        if frame is Frame.BARE:
            return [in_one_line(caches, width)]
        columns = fit_columns(_COLUMNS, width, gap=1)
        return [
            table_header(columns, gap=1),
            *(
                table_row(columns, _cells(cache), gap=1) if cache.on else _off(cache, width)
                for cache in caches
            ),
        ]


def rate_role(hits: int, asked: int) -> str:
    """A rate is judged only where it was asked often enough."""
    if asked < ENOUGH:
        return "muted"
    return "ok" if hits >= 0.9 * asked else "warn"


def main_reason(cache: CacheView) -> str:
    """Why most of the misses were misses."""
    counts = [(getattr(cache, field), words) for field, words in REASONS]
    most, words = max(counts, key=lambda pair: pair[0])
    return words if most else ""


def _share(hits: int, asked: int) -> str:
    return f"{100 * hits / asked:.0f} %" if asked else fmt.DASH


def _cells(cache: CacheView) -> list[Line | str]:
    levels: dict[int, Line | str] = {1: fmt.DASH, 2: "off", 3: "off"}
    for level in cache.levels:
        levels[level.level] = (
            _share(level.hits, cache.asked) if level.on else line(Piece("off", "muted"))
        )
    hits = cache.hits
    return [
        cache.title,
        fmt.count(cache.asked) if cache.asked else line(Piece(fmt.DASH, "muted")),
        line(Piece(fmt.percent(hits, cache.asked), rate_role(hits, cache.asked))),
        levels[1],
        levels[2],
        levels[3],
        line(Piece(f" {main_reason(cache) if cache.asked else 'not asked'}", "muted")),
        fmt.count(cache.needless),
        fmt.count(cache.entries),
        fmt.size(cache.bytes_total or None),
    ]


def _off(cache: CacheView, width: int) -> Line:
    hint = cache.off_hint or "off"
    return line(f"{cache.title:<12} ", Piece(f"{'off':>5}  {clip(hint, width - 20)}", "muted"))


def in_one_line(caches: Sequence[CacheView], width: int) -> Line:
    """`hit rate  answers 97% · rows off · ...`."""
    label = Piece(" hit rate  ", "muted")
    if not caches:
        return (label, Piece(fmt.DASH, "muted")) if width else BLANK
    items = []
    for rank, cache in enumerate(reversed(caches)):
        hits = cache.hits
        if not cache.on:
            value = Piece("off", "muted")
        elif not cache.asked:
            value = Piece(fmt.DASH, "muted")
        else:
            share = _share(hits, cache.asked).replace(" ", "")
            value = Piece(share, rate_role(hits, cache.asked))
        short = cache.title.replace("plugin facts", "facts")
        items.append(item(line(f"{short} ", value), "", rank=rank))
    items.reverse()
    return (label, *fit(items, width - 12, line(Piece(" · ", "muted"))))
