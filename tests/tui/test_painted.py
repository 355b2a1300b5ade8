"""Redraws are of the rows that changed, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.theme import BUILTIN_THEMES

from tests.tui import samples
from tests.tui.console import running, until
from tui.live.metrics_panel import MetricsPanel
from tui.palette import ROLES
from tui.text import Line, Piece, line
from tui.widgets.painted import Painted


class Rows(Painted):
    """Shows whatever rows it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Line] = [line("one"), line("two"), line("three")]
        self.refreshed: list[Region] = []
        self.rendered: list[int] = []

    def paint(self, width: int, height: int) -> Sequence[Line]:
        return self.rows

    def refresh(self, *regions: Region, **options: bool) -> Rows:
        self.refreshed.extend(regions)
        super().refresh(*regions, **options)
        return self

    def render_line(self, y: int) -> Strip:
        self.rendered.append(y)
        return super().render_line(y)


class RowsApp(App[None]):
    """One widget."""

    def compose(self) -> ComposeResult:
        yield Rows()


async def test_only_changed_rows_are_drawn_again() -> None:
    app = RowsApp()
    async with app.run_test(size=(20, 5)) as pilot:
        rows = app.query_one(Rows)
        rows.refreshed.clear()
        rows.rendered.clear()
        rows.rows = [line("one"), line("zwei"), line("three")]
        rows.repaint()
        await pilot.pause()
        assert rows.refreshed == [Region(0, 1, 20, 1)]
        assert set(rows.rendered) == {1}
        rows.refreshed.clear()
        rows.repaint()
        assert rows.refreshed == []


async def test_a_row_that_is_too_wide_is_shortened_between_words() -> None:
    app = RowsApp()
    async with app.run_test(size=(12, 5)) as pilot:
        rows = app.query_one(Rows)
        rows.rows = [line("a long row of words")]
        rows.repaint()
        await pilot.pause()
        assert rows.render_line(0).text == "a long row… "


@pytest.mark.parametrize("theme", BUILTIN_THEMES)
async def test_every_role_has_a_style_in_every_theme(theme: str) -> None:
    app = RowsApp()
    async with app.run_test(size=(20, 40)) as pilot:
        app.theme = theme
        rows = app.query_one(Rows)
        rows.rows = [line(Piece("text", role)) for role in ROLES]
        rows.repaint()
        await pilot.pause()
        assert all(rows.render_line(y).text.startswith("text") for y in range(len(ROLES)))


async def test_a_theme_changes_the_colors_of_what_is_painted() -> None:
    app = RowsApp()
    async with app.run_test(size=(20, 5)) as pilot:
        rows = app.query_one(Rows)
        rows.rows = [line(Piece("ok", "ok"))]
        rows.repaint()
        await pilot.pause()
        dark = rows.render_line(0)
        app.theme = "textual-light"
        await pilot.pause()
        assert rows.render_line(0) != dark


async def test_a_snapshot_that_changes_nothing_redraws_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        panel = app.screen.query_one(MetricsPanel)
        drawn: list[tuple[Region, ...]] = []
        monkeypatch.setattr(panel, "refresh", lambda *regions, **_: drawn.append(regions))
        link.push(samples.snapshot(number=2))
        await until(pilot, lambda: panel.snapshot is not None and panel.snapshot.number == 2)
        assert drawn == []
