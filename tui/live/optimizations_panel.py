"""The eight optimizations: on or off, and what switching each was measured to save."""

from __future__ import annotations

from collections.abc import Sequence

from engine.service.messages import OptimizationView, PoolView
from tui import format as fmt
from tui.text import BLANK, Line, Piece, clip, fit, item, line, pad
from tui.widgets.panel import Frame, Panel

_STARTS = 40
"""On either side of a switch, before a saving is told."""


class OptimizationsPanel(Panel):
    """Two columns on roomy screens, one line on small ones."""

    TITLE = "optimizations"
    COMPACT_FRAME = Frame.BARE

    def aside(self) -> Line:
        """What the figures are."""
        return line(Piece("ms per start saved ²", "muted"))

    def footnote(self) -> Line:
        """How savings are measured, and how to switch."""
        counted = f"{_STARTS} starts before, {_STARTS} after"
        if self.snapshot is not None and any(is_noise(o) for o in self.snapshot.optimizations):
            return line(Piece(f"² {counted}; ≈ 0: chance alone", "muted"))
        return line(Piece(f"² when switched: {counted}", "muted"))

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """On or off, and saved."""
        if self.snapshot is None:
            return [BLANK]
        views = self.snapshot.optimizations
        if frame is Frame.BARE:
            return [in_one_line(views, width)]
        half = (width - 1) // 2
        rows: list[Line] = []
        middle = (len(views) + 1) // 2
        for left, right in zip(views[:middle], [*views[middle:], None], strict=False):
            second = _cell(right, half) if right else BLANK
            rows.append((*_cell(left, half), Piece(" "), *second))
        rows.append(connections(self.snapshot.pool, width))
        suggestion = self.snapshot.pool.suggestion
        if suggestion and height > len(rows):
            rows.append(line(Piece(clip(f"▸ {suggestion}", width), "warn", "app.database")))
        elif height > len(rows):
            rows.append(
                fit(
                    [
                        item(line(Piece("loading ", "muted"), self.snapshot.loading), rank=3),
                        item(
                            line(Piece("o", "key", "app.optimizations"), " switch one"),
                            rank=2,
                        ),
                        item(
                            line(Piece("l", "key", "app.cycle('loading')"), " loading"), "", rank=1
                        ),
                    ],
                    width,
                    line("   "),
                )
            )
        return rows


def _switch(view: OptimizationView) -> Piece:
    call = f"app.switch_optimization({view.number})"
    return Piece("● " if view.on else "○ ", "ok" if view.on else "muted", call)


def _cell(view: OptimizationView, width: int) -> Line:
    name = (_switch(view), Piece(f"{view.number} {view.title}", "" if view.on else "muted"))
    gained = (view.saved_ms or 0) > 0 and not is_noise(view)
    figure = Piece(saving(view).rjust(5), "ok" if gained else "muted")
    return (*pad(name, width - 5), figure)


def is_noise(view: OptimizationView) -> bool:
    """Whether chance alone explains what was measured: neither a gain nor a loss."""
    if view.saved_ms is None or view.chance_ms is None:
        return False
    return abs(view.saved_ms) <= view.chance_ms


def saving(view: OptimizationView) -> str:
    """Milliseconds; while too few starts have come, how many; `?` before it was switched."""
    if is_noise(view):
        return "≈ 0"
    if view.saved_ms is not None:
        return fmt.milliseconds(view.saved_ms).replace("-", "−")
    gathered = min(view.before_starts, view.after_starts)
    return f"{gathered}/{_STARTS}" if gathered else "?"


def connections(pool: PoolView, width: int) -> Line:
    """The database connections in one line."""
    label = line(Piece("connections ", "muted"))
    if not pool.on:
        words = f"{fmt.count(pool.opened)} opened, {fmt.count(pool.closed)} closed"
        return fit([item((*label, Piece(f"no pool (7 off), {words}")), "no pool (7 off)")], width)
    wait = f"wait p95 {fmt.amount(pool.wait_p95_ms, 'ms')}"
    return fit(
        [
            item((*label, Piece(f"{pool.busy} of {pool.size} busy")), rank=9),
            item(f"{pool.waiting} waiting", "", rank=8),
            item(wait, "", rank=7),
            item(f"{pool.replaced} replaced", "", rank=6),
        ],
        width,
        line(Piece(", ", "muted")),
    )


def in_one_line(views: Sequence[OptimizationView], width: int) -> Line:
    """`optimizations   on  ● 1 2 3   off  ○ 4 5 6 7 8`."""
    on = " ".join(str(view.number) for view in views if view.on)
    off = " ".join(str(view.number) for view in views if not view.on)
    return fit(
        [
            item(line(Piece(" optimizations", "muted")), rank=9),
            item(line(Piece("on  ● ", "ok"), on) if on else BLANK, rank=8),
            item(
                line(Piece("off  ○ " if on else "all off  ○ ", "muted"), off) if off else "", rank=7
            ),
        ],
        width,
        line("   "),
    )
