"""Plots: a canvas of dots, nice axes, and plotext behind one door."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from tui.plots import plotext_plot
from tui.plots.axis import latency_axis, nice_ceiling
from tui.plots.braille import BrailleCanvas
from tui.plots.plotext_plot import Plot, Rule, Series
from tui.text import plain, width_of

PLOT = Plot(
    series=(Series(tuple((float(x), 50.0 + x) for x in range(-40, 1)), "warm"),),
    rules=(Rule(90.0, "limit"), Rule(-20.0, "mark", vertical=True)),
    x_range=(-40.0, 0.0),
    y_range=(0.0, 100.0),
    x_ticks=((-40.0, "0:40 ago"), (0.0, "now")),
    y_ticks=((0.0, "0 %"), (90.0, "90 %")),
)


def test_dots_of_one_cell_share_a_character() -> None:
    canvas = BrailleCanvas(2, 1)
    canvas.dot(0.0, 1.0, "dot")
    canvas.dot(0.0, 0.0, "dot")
    assert plain(canvas.lines()[0]) == "⡁ "


def test_the_highest_rank_gives_a_cell_its_role() -> None:
    canvas = BrailleCanvas(1, 1)
    canvas.dot(0.0, 1.0, "failed", rank=3)
    canvas.dot(0.0, 0.0, "past", rank=0)
    assert canvas.lines()[0][0].role == "failed"


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 30), st.integers(1, 10))
def test_a_dot_is_always_on_the_canvas(x: float, y: float, width: int, height: int) -> None:
    canvas = BrailleCanvas(width, height)
    canvas.dot(x, y, "dot")
    drawn = "".join(plain(row) for row in canvas.lines())
    assert sum(character != " " for character in drawn) == 1


@given(st.floats(1e-6, 1e9))
def test_a_nice_ceiling_is_at_or_above_and_near(value: float) -> None:
    ceiling = nice_ceiling(value)
    assert value * (1 - 1e-6) <= ceiling <= value * 1.6


@given(st.lists(st.floats(1e-4, 1e5), min_size=1), st.floats(1, 1000))
def test_every_value_has_a_place_on_its_axis(values: list[float], limit: float) -> None:
    axis = latency_axis(values, limit)
    places = [axis.place(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(-1e-9 <= place <= 1 for place in places)


def test_plotext_fills_the_size_it_is_given_whatever_the_terminal() -> None:
    for width, height in ((60, 12), (190, 40)):
        rows = plotext_plot.render(PLOT, width, height)
        assert len(rows) == height
        assert {width_of(row) for row in rows} == {width}


def test_plotext_s_colors_come_back_as_roles() -> None:
    roles = {piece.role for row in plotext_plot.render(PLOT, 60, 12) for piece in row}
    assert roles == {"", "muted", "warm", "limit", "mark"}


def test_plotext_is_imported_off_the_loop_when_first_wanted() -> None:
    asyncio.run(plotext_plot.load())
    assert plotext_plot.is_loaded()


def test_the_way_to_the_first_frame_imports_nothing_heavy() -> None:
    code = (
        "import sys, tui.app, tui.live.screen\n"
        "heavy = {'numpy', 'plotext', 'msgspec', 'engine.service.messages', 'engine.core',"
        " 'engine.storage', 'engine.context', 'engine.monitoring', 'engine.replay', 'engine.forecast', 'httptools', 'click',"
        " 'tomlkit', 'psutil', 'cachetools', 'aiosqlite', 'prometheus_client'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
