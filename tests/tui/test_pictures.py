"""Pictures of every screen at three sizes, from hand-made snapshots."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
import pytest
from textual.pilot import Pilot

from engine.service.messages import Snapshot
from tests.tui import samples
from tests.tui.console import screen_text, until
from tests.tui.fakes import FakeLink
from tui.app import ConsoleApp
from tui.compare.results import Results
from tui.plots import plotext_plot

SIZES = ((80, 24), (120, 36), (200, 50))
Compare = Callable[..., bool]


def _history() -> list[Snapshot]:
    """The rules' hit rate falling over ten seconds, for the plot on Caches."""
    found = []
    for step in range(21):
        caches = [
            msgspec.structs.replace(cache, hits=cache.hits - step // 2)
            if cache.name == "rules"
            else cache
            for cache in samples.caches()
        ]
        found.append(samples.snapshot(number=step, now_s=21.0 + step / 2, caches=caches))
    return found


def _picture(
    compare: Compare,
    size: tuple[int, int],
    snapshots: list[Snapshot],
    *keys: str,
    ready: Callable[[ConsoleApp], bool] = lambda _: True,
) -> bool:
    app = ConsoleApp(FakeLink(*snapshots))
    app.results = Results(now=lambda: datetime(2026, 11, 24, 14, 2, 31))

    async def before(pilot: Pilot[int]) -> None:
        await plotext_plot.load()
        await until(pilot, lambda: app.feed.snapshot is snapshots[-1])
        for key in keys:
            await pilot.press(key)
        await until(pilot, lambda: ready(app))
        # A last snapshot reaches every panel of the screen that is shown now.
        for _ in range(10):
            await pilot.pause(0.03)

    return compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_live(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert _picture(snap_compare, size, [samples.snapshot()])


@pytest.mark.parametrize("size", SIZES)
def test_live_without_traffic(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert _picture(snap_compare, size, [samples.live_without_traffic()])


def test_live_native_and_far_below_the_limit(snap_compare: Compare) -> None:
    assert _picture(snap_compare, (120, 36), [samples.fast_and_native()])


@pytest.mark.parametrize("size", SIZES)
def test_caches(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert _picture(snap_compare, size, _history(), "2", *["down"] * 5)


def _predicted(app: ConsoleApp) -> bool:
    return "cold starts" in screen_text(app) or "strict instead" in screen_text(app)


@pytest.mark.parametrize("size", SIZES)
def test_caches_with_a_draft(snap_compare: Compare, size: tuple[int, int]) -> None:
    keys = ("2", *["right"] * 10)
    assert _picture(snap_compare, size, [samples.fast_and_native()], *keys, ready=_predicted)


def test_caches_against_how_many(snap_compare: Compare) -> None:
    keys = ("2", "tab")
    assert _picture(snap_compare, (120, 36), [samples.fast_and_native()], *keys, ready=_predicted)


@pytest.mark.parametrize("size", SIZES)
def test_a_suggestion(snap_compare: Compare, size: tuple[int, int]) -> None:
    def suggested(app: ConsoleApp) -> bool:
        return "reached by" in screen_text(app)

    keys = ("2", "S", "enter")
    assert _picture(snap_compare, size, [samples.fast_and_native()], *keys, ready=suggested)


@pytest.mark.parametrize("size", SIZES)
def test_a_stale_answer(snap_compare: Compare, size: tuple[int, int]) -> None:
    def opened(app: ConsoleApp) -> bool:
        return len(app.screen_stack) > 1

    assert _picture(snap_compare, size, [samples.fast_and_native()], "v", ready=opened)


@pytest.mark.parametrize("size", SIZES)
def test_compare_of_two_parts(snap_compare: Compare, size: tuple[int, int]) -> None:
    def compared(app: ConsoleApp) -> bool:
        return "part 2" in screen_text(app)

    assert _picture(snap_compare, size, [samples.fast_and_native()], "4", ready=compared)


@pytest.mark.parametrize("size", SIZES)
def test_replay(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert _picture(snap_compare, size, [samples.snapshot()], "3")


@pytest.mark.parametrize("size", SIZES)
def test_compare(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert _picture(snap_compare, size, [samples.snapshot()], "4")


@pytest.mark.parametrize("size", SIZES)
def test_starts(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert _picture(snap_compare, size, [samples.snapshot()], "5")


@pytest.mark.parametrize("size", SIZES)
def test_one_start(snap_compare: Compare, size: tuple[int, int]) -> None:
    def opened(app: ConsoleApp) -> bool:
        return len(app.screen_stack) > 1

    assert _picture(snap_compare, size, [samples.snapshot()], "t", "1", "enter", ready=opened)


@pytest.mark.parametrize("size", SIZES)
def test_alerts(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert _picture(snap_compare, size, [samples.snapshot()], "6")


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (30, 8)])
def test_a_terminal_that_is_too_small(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert _picture(snap_compare, size, [samples.snapshot()])


def test_help(snap_compare: Compare) -> None:
    assert _picture(snap_compare, (80, 24), [samples.snapshot()], "f1")


def test_the_optimizations_dialog(snap_compare: Compare) -> None:
    assert _picture(snap_compare, (80, 24), [samples.snapshot()], "o")
