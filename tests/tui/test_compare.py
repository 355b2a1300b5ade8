"""Two results side by side: differences with their samples, and never a verdict from one run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from engine.service.messages import (
    GetReference,
    GetReport,
    KeepReference,
    PlayState,
    Reference,
    Report,
    Snapshot,
)
from tests.tui import predictions, samples
from tests.tui.console import running, screen_text, until
from tests.tui.fakes import FakeLink
from tui.app import ConsoleApp
from tui.compare.results import Figure, Result, Results, results_of
from tui.compare.screen import ComparePanel, compare_rows, difference, doubts, short_name
from tui.text import plain


def played(state: PlayState, name: str = "workday", number: int = 1) -> Snapshot:
    playback = msgspec.structs.replace(samples.PLAYBACK, name=name, state=state)
    return samples.snapshot(number=number, playback=playback)


def test_a_report_gives_the_whole_and_its_parts() -> None:
    whole, first, second = results_of(predictions.report(), "14:02:31")
    assert (whole.name, first.name, second.name) == (
        "workday",
        "workday, part 1",
        "workday, part 2",
    )
    assert (first.settings, second.settings) == ("as it begins", "check every start")
    figures = {figure.name: figure for figure in whole.figures}
    assert figures["hit rate"] == Figure("hit rate", "%", 25.0, 180)
    assert figures["stale answers"].value == 2


def test_few_samples_on_either_side_have_no_difference() -> None:
    many, few = Figure("TaskStart p50", "ms", 0.4, 171), Figure("TaskStart p50", "ms", 0.1, 9)
    assert "too few" in plain(difference(many, few))
    assert "too few" in plain(difference(few, many))
    assert plain(difference(many, many._replace(value=0.1))) == "−0.30 ms"
    warm = Figure("warm starts", "%", 23.3, 90)
    assert plain(difference(warm, warm._replace(value=97.7))) == "+74.4 points"
    assert plain(difference(Figure("stale answers", "", 2), Figure("stale answers", "", 0))) == "−2"


def test_modeled_beside_native_is_said() -> None:
    (native, *_) = results_of(predictions.report(), "14:02:31")
    (modeled, *_) = results_of({**predictions.report(), "modeled": True}, "14:05:00")
    assert any("cannot be compared" in plain(row) for row in compare_rows(native, modeled, 120))
    assert not any("cannot" in plain(row) for row in compare_rows(native, native, 120))


@pytest.mark.parametrize(
    ("speeds", "said"),
    [
        ((1.0, 0.0), "A ×1, B ×max"),
        ((0.5, 2.0), "A ×0.5, B ×2"),
        ((1.0, 1.0), ""),
        ((1.0, None), ""),
    ],
)
def test_another_speed_is_said(speeds: tuple[float | None, float | None], said: str) -> None:
    a, b = (
        results_of({**predictions.report(), "speed": speed}, clock)[0]
        for speed, clock in zip(speeds, ("14:02:31", "14:05:00"), strict=True)
    )
    told = [plain(row) for row in compare_rows(a, b, 120)]
    assert any("different speeds" in row for row in told) is bool(said)
    assert said in " ".join(told)


def test_a_replay_is_asked_for_its_report_once_when_it_has_ended() -> None:
    results = Results()
    states = (PlayState.PLAYING, PlayState.FINISHED, PlayState.FINISHED, PlayState.PLAYING)
    assert [results.just_ended(played(state)) for state in states] == [False, True, False, False]


def test_the_parts_of_the_last_replay_come_first_else_the_last_two() -> None:
    results = Results()
    assert results.pair() is None
    results.put({**predictions.report("one"), "segments": []})
    assert results.pair() is None
    results.put({**predictions.report("two"), "segments": []})
    assert [results.all[place].name for place in results.pair() or ()] == ["one", "two"]
    results.put(predictions.report("three"))
    pair = [results.all[place].name for place in results.pair() or ()]
    assert pair == ["three, part 1", "three, part 2"]


def test_a_kept_run_is_the_reference_of_all_that_follow() -> None:
    results = Results()
    assert not results.keep()
    results.put(predictions.report("one"))
    assert results.keep()["workload"] == "one"
    kept = results.kept
    assert results.keep()["workload"] == "one"
    assert results.kept is kept
    assert results.all[0].name == "one, reference"
    for number in range(20):
        results.put(predictions.report(f"run {number}"))
    pair = [results.all[place] for place in results.pair() or ()]
    assert [result.name for result in pair] == ["run 19, part 1", "run 19, part 2"]
    results.put(predictions.report("one"))
    pair = [results.all[place] for place in results.pair() or ()]
    assert [result.name for result in pair] == ["one, reference", "one"]
    assert pair[0].settings == "settings changed", "its parts say to what"
    results.keep()
    names = [result.name for result in results.all]
    assert [name for name in names if "reference" in name] == ["one, reference"]
    # Beside itself it says nothing: its parts do.
    assert [results.all[place].name for place in results.pair() or ()] == [
        "one, part 1",
        "one, part 2",
    ]


def test_another_kept_run_leaves_the_one_before_in_the_list() -> None:
    results = Results()
    for name in ("one", "two"):
        results.put(predictions.report(name))
        results.keep()
    wholes = [result.name for result in results.all if "part" not in result.name]
    assert wholes == ["two, reference", "one"]


def test_a_run_that_was_kept_before_this_console_is_the_reference() -> None:
    results = Results()
    results.recall(predictions.report("before"), "23 Nov 14:00")
    assert results.pair() is None
    results.put(predictions.report("before"))
    pair = [results.all[place] for place in results.pair() or ()]
    assert [result.name for result in pair] == ["before, reference", "before"]
    assert pair[0].clock == "23 Nov 14:00"
    results.keep()
    results.recall(predictions.report("before"), "23 Nov 14:00")
    assert results.kept is results.all[0]
    results.forget()
    assert not any("reference" in result.name for result in results.all)


async def test_what_is_kept_is_kept_by_the_engine_and_k_again_ends_that() -> None:
    async with running(played(PlayState.FINISHED)) as (app, link, pilot):
        await until(pilot, lambda: bool(app.results.all))
        await pilot.press("3", "k")
        await until(pilot, lambda: bool(link.sent(KeepReference)))
        assert link.sent(KeepReference) == [KeepReference(report=predictions.report())]
        await pilot.press("k")
        await until(pilot, lambda: len(link.sent(KeepReference)) == 2)
        assert link.sent(KeepReference)[-1] == KeepReference(report={})
        assert app.results.kept is None


async def test_a_run_kept_by_an_earlier_console_is_told_and_compared_with() -> None:
    playing = played(PlayState.PLAYING)
    link = FakeLink(playing)
    when = datetime(2026, 11, 23, 14, 0).astimezone()
    link.replies[GetReference] = Reference(report=predictions.report(), kept_at=when)
    async with running(playing, link=link) as (app, _, pilot):
        await pilot.press("4")
        told = "Kept with k: workday, reference (23 Nov 14:00)"
        await until(pilot, lambda: told in " ".join(screen_text(app).split()))
        link.push(played(PlayState.FINISHED, number=2))
        await until(pilot, lambda: "A workday, reference" in screen_text(app))
        await pilot.press("1", "4")
        await pilot.pause()
        assert len(link.sent(GetReference)) == 1


async def test_k_keeps_the_run_that_has_ended_and_x_compares_with_it() -> None:
    async with running(played(PlayState.PLAYING)) as (app, link, pilot):
        await pilot.press("3", "k")
        await until(pilot, lambda: "workday still plays" in screen_text(app))
        link.push(played(PlayState.FINISHED, number=2))
        await until(pilot, lambda: bool(app.results.all))
        await pilot.press("k")
        await until(pilot, lambda: app.results.kept is not None)
        link.replies[GetReport] = Report(report=predictions.report(p50=0.2))
        link.push(played(PlayState.PLAYING, number=3))
        link.push(played(PlayState.FINISHED, number=4))
        await until(pilot, lambda: app.results.all[0].name == "workday")
        await pilot.press("x")
        await until(pilot, lambda: "workday, ref" in screen_text(app))
        assert "B workday  " in screen_text(app)


async def test_results_stand_side_by_side_and_others_are_chosen() -> None:
    async with running(played(PlayState.PLAYING)) as (app, link, pilot):
        await pilot.press("3", "x")
        await until(pilot, lambda: "Nothing to compare yet" in screen_text(app))
        link.push(played(PlayState.FINISHED, number=2))
        await until(pilot, lambda: "workday, part 1" in screen_text(app))
        assert len(link.sent(GetReport)) == 1
        text = screen_text(app)
        assert "· too few" in text
        assert "no verdict" in text
        link.replies[GetReport] = Report(report=predictions.report("fan-out", p50=0.2))
        link.push(played(PlayState.FINISHED, "fan-out", 3))
        await until(pilot, lambda: "fan-out, part 1" in screen_text(app))
        await pilot.press("b", "a", "a")
        await until(pilot, lambda: "A workday" in screen_text(app))


def test_the_parts_of_a_replay_are_told_apart_on_the_smallest_terminal() -> None:
    _, first, second = results_of(predictions.report("agent-update"), "14:02:31")
    head = plain(compare_rows(first, second, 79)[0])
    assert "A agent-update, part 1" in head
    assert "B agent-update, part 2" in head


async def test_k_never_keeps_an_older_run_than_the_one_on_display() -> None:
    async with running(played(PlayState.FINISHED)) as (app, link, pilot):
        await until(pilot, lambda: bool(app.results.all))
        await pilot.press("3")
        nothing = msgspec.structs.replace(samples.PLAYBACK, state=PlayState.STOPPED, starts=0)

        def is_shown(snapshot: Snapshot) -> bool:
            return app.feed.snapshot is not None and app.feed.snapshot.number == snapshot.number

        states = (
            played(PlayState.PLAYING, "fan-out", 2),
            played(PlayState.PAUSED, "fan-out", 3),
            played(PlayState.FAILED, "fan-out", 4),
            samples.snapshot(number=5, playback=nothing),
        )
        for snapshot in states:
            link.push(snapshot)
            await until(pilot, partial(is_shown, snapshot))
            await pilot.press("k")
            await pilot.pause()
        assert link.sent(KeepReference) == []
        assert app.results.kept is None


async def test_without_any_run_k_says_so() -> None:
    async with running(samples.live_without_traffic()) as (app, link, pilot):
        await pilot.press("3", "k")
        await until(pilot, lambda: "No run has ended yet" in screen_text(app))
        assert link.sent(KeepReference) == []


def ended_at(*times: str) -> Callable[[], datetime]:
    clock = iter(times)
    return lambda: datetime.fromisoformat(f"2026-11-23T{next(clock)}")


NAMED_BY_TIME = "Kettle-Crate-20261123-224236"


@pytest.mark.parametrize("width", [79, 118, 198])
def test_two_runs_of_one_recording_are_told_apart_by_when_they_were_played(width: int) -> None:
    results = Results(ended_at("22:43:15", "22:51:40"))
    for _ in range(2):
        results.put({**predictions.report(NAMED_BY_TIME), "segments": []})
    a, b = (results.all[place] for place in results.pair() or ())
    names, _, when, *_ = [plain(row) for row in compare_rows(a, b, width)]
    assert names.count("224236") == 2
    first, second = when.index("22:43:15"), when.index("22:51:40")
    assert first < second, "the earlier one is A"


@pytest.mark.parametrize("width", [79, 118])
def test_native_or_modeled_is_said_beside_the_longest_time(width: int) -> None:
    kept, now = whole_of("tour", clock="23 Nov 22:43", modeled=True), whole_of("tour")
    when = plain(compare_rows(kept, now, width)[2])
    assert "23 Nov 22:43" in when
    assert "≈" in when
    assert "● NATIVE" in when


@pytest.mark.parametrize("width", [79, 118])
def test_parts_are_said_to_be_of_one_run(width: int) -> None:
    (_, first, second) = results_of(predictions.report(NAMED_BY_TIME), "22:43:15")
    names, _, when, *_ = [plain(row) for row in compare_rows(first, second, width)]
    assert "part 1" in names
    assert "part 2" in names
    assert when.count("run 22:43:15") + when.count("of the run of 22:43:15") == 2
    assert doubts(first, second) == []


def whole_of(name: str, starts: int = 180, clock: str = "22:00:00", **more: object) -> Result:
    return results_of({**predictions.report(name, n=starts), "segments": [], **more}, clock)[0]


def test_different_work_is_said_above_the_figures() -> None:
    tour, other = whole_of("tour", 46), whole_of(NAMED_BY_TIME, 572)
    (told,) = doubts(tour, other)
    assert told.startswith("different workloads, tour (46 starts) and Kettle")
    assert "(572 starts)" in told
    rows = [plain(row) for row in compare_rows(tour, other, 118)]
    assert next(i for i, row in enumerate(rows) if "different workloads" in row) < next(
        i for i, row in enumerate(rows) if row.startswith("starts")
    )
    assert doubts(tour, whole_of("tour", 46, "22:10:00")) == []
    (told,) = doubts(tour, whole_of("tour", 12, "22:10:00", state="stopped"))
    assert "B was stopped after 12 starts" in told
    (told,) = doubts(tour, whole_of("tour", 45, "22:10:00"))
    assert told == "not the same traffic: A played 46 starts, B 45 starts"


def test_the_last_run_is_put_beside_an_earlier_one_of_the_same_work() -> None:
    results = Results(ended_at("22:00:00", "22:01:00", "22:02:00"))
    for name in ("tour", "fan-out", "tour"):
        results.put({**predictions.report(name), "segments": []})
    pair = [results.all[place].clock for place in results.pair() or ()]
    assert pair == ["22:00:00", "22:02:00"]


async def test_no_result_is_put_beside_itself() -> None:
    def chosen(app: ConsoleApp) -> tuple[Result, Result]:
        pair = app.screen.query_one(ComparePanel).chosen
        assert pair is not None
        return pair

    async with running(played(PlayState.FINISHED)) as (app, _, pilot):
        await until(pilot, lambda: len(app.results.all) == 3)
        await pilot.press("4")
        await pilot.pause()
        for key in "aaaabbbbab":
            before = chosen(app)
            await pilot.press(key)
            a, b = chosen(app)
            assert a is not b
            assert (a, b) != before


async def test_where_there_are_only_two_results_that_is_said() -> None:
    async with running(samples.live_without_traffic()) as (app, _, pilot):
        for _ in range(2):
            app.results.put({**predictions.report(), "segments": []})
        await pilot.press("4", "a")
        await until(pilot, lambda: "These two are all" in screen_text(app))


@given(st.text(min_size=1, max_size=60), st.integers(8, 60))
def test_a_name_is_shortened_to_its_room_and_keeps_its_end(name: str, width: int) -> None:
    short = short_name(name, width)
    assert cell_len(short) <= width
    assert short == name or "…" in short
