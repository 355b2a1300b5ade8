"""The setting in force beside the draft: what each gives, predicted and measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.service.messages import EffectView, ForecastView, Preview, TryState, TryView
from tui import format as fmt
from tui.caches.changes import ENOUGH
from tui.caches.draft import Draft
from tui.caches.fields import RowKey, What, default_of, spec_of, worded
from tui.text import BLANK, Line, Piece, clip, fit, item, line, spread, width_of, wrap
from tui.widgets.panel import Frame, Panel

_FIGURE, _NARROW_FIGURE = 11, 9
_NARROW = 42
_APART = 0.05
"""Share of the reads by which measured and predicted differ in sight."""
_TRYING = (TryState.PREPARING, TryState.PLAYING)


class Figure(NamedTuple):
    """One row: a name, the figure in force, the draft's."""

    name: str
    now: str
    draft: str
    role: str = ""
    rank: int = 0
    """Where room is short, rows of the lowest rank go first."""


class DraftPanel(Panel):
    """Now and draft side by side."""

    def __init__(self) -> None:
        super().__init__(id="draft")
        self.row: RowKey | None = None
        self.what = What.KEEP_FOR
        self.draft = Draft()
        self.view: ForecastView | None = None
        self.preview: Preview | None = None
        """What the draft gives; None while it is not known."""
        self.error = ""

    def heading(self) -> Line:
        """What is drafted."""
        if self.draft:
            return line(Piece("draft, not applied", "draft"))
        return line(Piece("now", "title"), Piece("  ◂ ▸ draft a change", "muted"))

    def aside(self) -> Line:
        """The default of the value under the cursor."""
        if self.row is None:
            return BLANK
        path = self.row.path(self.what)
        return line(Piece(f"default {worded(path, default_of(path))}", "muted"))

    def footnote(self) -> Line:
        """The keys of a draft."""
        return draft_keys() if self.draft else BLANK

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """Figures, then what is to be said of them."""
        if self.row is None or self.snapshot is None:
            return [BLANK]
        said = self._said(width)
        if self.draft and frame is not Frame.BOX:
            said = [draft_keys(), *said]
        figures = self._figures(self.row, self.snapshot.settings)
        most_said = min(len(said), max(1, height - 6))
        room = max(2, height - 1 - most_said)
        while len(figures) > room:
            figures.remove(min(figures, key=lambda figure: figure.rank))
        rows = [self._header(width), *(_row(figure, width) for figure in figures)]
        return [*rows, *said[: height - len(rows)]]

    def _header(self, width: int) -> Line:
        right = line(
            Piece("now".rjust(_cells(width)), "muted"),
            Piece("draft".rjust(_cells(width)), "draft" if self.draft else "muted"),
        )
        return spread(BLANK, right, width)

    def _figures(self, row: RowKey, settings: Mapping[str, Any]) -> list[Figure]:
        path = row.path(self.what)
        drafted = worded(path, self.draft.changes[path]) if path in self.draft.changes else fmt.DASH
        figures = [Figure(spec_of(path).title, worded(path, settings[path]), drafted, "strong", 99)]
        # The preview's "now" is of the same recorded reads as its draft; the view may be older.
        now = self.preview.now if self.preview else self.view.predicted if self.view else None
        now = now or EffectView()
        draft = self.preview.draft if self.preview else EffectView()
        measured = self.view.measured if self.view else EffectView()
        tried = self._tried()
        known = tried.measured if tried and tried.measured else EffectView()
        n = f" n {fmt.count(measured.reads)}" if measured.reads else ""
        figures += [
            Figure(
                "hit rate, predicted",
                fmt.share(now.hit_rate),
                fmt.share(draft.hit_rate),
                _better(now, draft),
                90,
            ),
            Figure(
                f"  measured{n}", fmt.share(measured.hit_rate), fmt.share(known.hit_rate), "", 85
            ),
            Figure("stale answers", _count(now.stale), _count(draft.stale), _price(now, draft), 80),
            Figure("  measured", _count(measured.stale), _count(known.stale), "", 40),
            Figure(
                "  text differs", _count(measured.text_differs), _count(known.text_differs), "", 30
            ),
            Figure("oldest stale", _age(now), _age(draft), "", 70),
            Figure("needless reloads", _count(now.needless), _count(draft.needless), "", 60),
            Figure("memory", fmt.size(now.memory_bytes), fmt.size(draft.memory_bytes), "", 50),
            Figure("disk", fmt.size(now.disk_bytes), fmt.size(draft.disk_bytes), "", 20),
        ]
        blank = (fmt.DASH, fmt.DASH)
        return [f for f in figures if (f.now, f.draft) != blank or not f.name.startswith("  ")]

    def _tried(self) -> TryView | None:
        tried = self.snapshot.tried if self.snapshot else None
        return tried if tried and self.draft and tried.changes == self.draft.changes else None

    def _said(self, width: int) -> list[Line]:
        """What went wrong, the try, what else is drafted, what limits the figures."""
        rows: list[Line] = []
        if self.error:
            rows += [line(Piece(row, "failed")) for row in wrap(f"✖ {self.error}", width)]
        if self.snapshot is not None and self.snapshot.tried is not None:
            rows += try_rows(self.snapshot.tried, bool(self._tried()), width)
        if len(self.draft.changes) > 1 or (self.draft and not self._drafts_cursor()):
            rows += [line(Piece(row, "draft")) for row in wrap(self.draft.words(), width)]
        view, preview = self.view, self.preview
        if preview is not None and preview.draft.stale and preview.now.stale is not None:
            more = preview.draft.stale - preview.now.stale
            if more > 0:
                rows.append(line(Piece(f"▲ {fmt.count(more)} more stale answers", "warn")))
        notes = list(preview.notes if preview else view.notes if view else [])
        if view is not None and (ends := self._ends_sooner(view)):
            notes.insert(0, ends)
        if view is not None and still_fills(view):
            notes.insert(0, "predicted for a filled cache; this one still fills")
        for note in notes:
            rows += [line(Piece(row, "muted")) for row in wrap(note, width)]
        return rows

    def _ends_sooner(self, view: ForecastView) -> str:
        """What keeps the value under the cursor from having its full effect; empty if nothing does."""
        if self.what is What.SIZE:
            assert self.row is not None and self.snapshot is not None
            wanted = self.snapshot.settings[self.row.path(What.SIZE)]
            if self.row.level or view.size_now >= wanted:
                return ""
            return f"{fmt.count(view.size_now)} in truth: its levels hold no more"
        limit = view.ttl_limited_by
        notes = self.preview.notes if self.preview else view.notes
        if not limit or any(limit in note for note in notes):
            return ""
        return f"kept {fmt.duration(view.ttl_now_s)} in truth: {limit} ends it sooner"

    def _drafts_cursor(self) -> bool:
        return self.row is not None and self.row.path(self.what) in self.draft.changes


def still_fills(view: ForecastView) -> bool:
    """Whether fewer reads were answered than predicted because few have come since the last change.

    What is predicted is of all recorded reads. A cache that was emptied, or has just begun, has to
    load every key once again before it can be measured.
    """
    predicted, measured = view.predicted.hit_rate, view.measured.hit_rate
    if predicted is None or measured is None:
        return False
    return view.measured.reads < max(ENOUGH, 2 * view.keys) and predicted - measured > _APART


def draft_keys() -> Line:
    """What can be done with a draft."""
    return line(
        Piece("⏎", "key", "screen.apply"),
        " apply  ",
        Piece("T", "key", "screen.try_draft"),
        " try  ",
        Piece("esc", "key", "screen.drop"),
        " drop",
    )


def try_rows(tried: TryView, same: bool, width: int) -> list[Line]:
    """How far the try is, or what came of it; `same`: it is of the present draft."""
    label = "the draft" if same else tried.label
    if tried.state in _TRYING:
        done = f"{fmt.count(tried.done)} of {fmt.count(tried.total)}" if tried.total else "begins"
        bar = fmt.bar(tried.done / tried.total if tried.total else 0.0, 8)
        return [
            fit(
                [
                    item(line(Piece("▶ trying ", "strong"), done), rank=9),
                    item(line(Piece("▕", "muted"), Piece(bar, "accent"), Piece("▏", "muted")), ""),
                    item(line(Piece("T", "key", "screen.try_draft"), " cancel"), rank=8),
                ],
                width,
                line(" "),
            )
        ]
    if tried.state is TryState.FAILED:
        return [line(Piece(row, "failed")) for row in wrap(f"✖ try: {tried.error}", width)]
    if tried.state is TryState.CANCELLED or tried.measured is None:
        return []
    errors = f", {fmt.count(tried.errors)} failed" if tried.errors else ""
    predicted = fmt.share(tried.predicted.hit_rate) if tried.predicted else fmt.DASH
    words = (
        f"■ tried {label}: {fmt.share(tried.measured.hit_rate)} measured, {predicted} predicted, "
        f"n {fmt.count(tried.measured.reads)}{errors}"
    )
    return [line(Piece(row, "ok")) for row in wrap(words, width)]


def _cells(width: int) -> int:
    return _FIGURE if width >= _NARROW else _NARROW_FIGURE


def _row(figure: Figure, width: int) -> Line:
    cells = _cells(width)
    right = line(
        Piece(figure.now.rjust(cells), "strong"),
        Piece(figure.draft.rjust(cells), figure.role or "muted"),
    )
    return spread(line(clip(figure.name, width - width_of(right) - 1)), right, width)


def _count(value: int | None) -> str:
    return fmt.DASH if value is None else fmt.count(value)


def _age(effect: EffectView) -> str:
    if effect.oldest_s is None:
        return fmt.DASH
    return fmt.duration(max(effect.oldest_s, 0.001)) if effect.stale else fmt.DASH


def _better(now: EffectView, draft: EffectView) -> str:
    if now.hit_rate is None or draft.hit_rate is None or now.hit_rate == draft.hit_rate:
        return "strong"
    return "ok" if draft.hit_rate > now.hit_rate else "warn"


def _price(now: EffectView, draft: EffectView) -> str:
    if now.stale is None or draft.stale is None or now.stale == draft.stale:
        return "strong"
    return "warn" if draft.stale > now.stale else "ok"
