"""The log of changes: what was predicted, what was measured, and when there is a verdict."""

from __future__ import annotations

import difflib
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.service.messages import CacheView, Snapshot, StaleView
from engine.settings import Settings
from engine.settings.model import CacheSettings
from engine.trace import Namespace
from tests.tui import predictions, samples
from tui.caches.changes import Change, ChangeLog, Rate, change_line, difference, verdict
from tui.caches.history import RateHistory
from tui.caches.side_by_side import side_by_side, wrap_words
from tui.text import plain, width_of

TTL = "caches.answers.ttl_seconds"


def moment(hits: int, asked: int, first: int = 0, **changes: Any) -> Snapshot:
    """A snapshot in which `answers` was asked so often, and so often for the first time."""
    answers = CacheView(
        name="answers", title="answers", on=True, hits=hits, asked=asked, first_time=first
    )
    return samples.snapshot(caches=[answers], **changes)


def halved() -> dict[str, Any]:
    caches = {**Settings().caches, Namespace.ANSWERS: CacheSettings(900.0, 100_000)}
    return samples.settings_of(msgspec.structs.replace(Settings(), caches=caches))


def change(
    before: Rate, after: Rate, stale: tuple[Rate | None, Rate | None] = (None, None)
) -> Change:
    text = "answers keep for 1 h"
    return Change("14:02", text, "answers", 0.4, before, stale[0], after, stale[1])


def test_a_change_is_logged_with_what_was_predicted_and_measured() -> None:
    log = ChangeLog()
    log.take(moment(60, 100))
    log.expect({TTL: 900.0}, "answers", 0.24)
    log.take(moment(60, 100, settings=halved()))
    log.take(moment(10, 40, settings=halved()))
    (logged,) = log.changes
    assert logged.text == "answers keep for 30 min → 15 min"
    assert (logged.predicted, logged.before, logged.after) == (0.24, Rate(60, 100), Rate(10, 40))
    text = plain(change_line(logged, 140))
    assert "predicted 24.0 %  measured 60.0 % → 25.0 %  n 40" in text
    assert text.endswith("✖ worse")


def test_a_prediction_is_not_pinned_to_another_change() -> None:
    log = ChangeLog()
    log.take(moment(60, 100))
    log.expect({TTL: 60.0}, "answers", 0.24)
    log.take(moment(60, 100, settings=halved()))
    assert log.changes[0].predicted is None


def test_few_look_ups_and_small_differences_get_no_verdict() -> None:
    assert "too few" in verdict(change(Rate(60, 100), Rate(1, 1))).text
    assert "too few" in verdict(change(Rate(0, 0), Rate(90, 100))).text
    assert "no clear change" in verdict(change(Rate(50, 100), Rate(55, 100))).text
    assert "better" in verdict(change(Rate(50, 100), Rate(90, 100))).text
    assert "worse" in verdict(change(Rate(50, 100), Rate(10, 100))).text
    assert "no clear change" in verdict(change(Rate(100, 100), Rate(100, 100))).text


def test_a_cache_that_filled_anew_before_the_change_makes_no_shorter_time_better() -> None:
    log = ChangeLog()
    log.take(moment(300, 340, 40))
    log.take(moment(300, 340, 40, settings=halved()))
    log.take(moment(340, 340, settings=halved()))
    assert verdict(log.changes[0]).text == "= cold starts only"
    log.take(moment(200, 340, settings=halved()))
    assert "worse" in verdict(log.changes[0]).text
    # What warming does is about cold starts.
    warmed = {**halved(), "warming": False}
    log.take(moment(200, 340, 140, settings=warmed))
    log.take(moment(300, 340, 40, settings={**warmed}))
    assert "better" in verdict(log.changes[1]).text


def test_a_change_that_no_cache_can_feel_gets_no_verdict() -> None:
    log = ChangeLog()
    log.take(moment(0, 100))
    limit = {**samples.settings_of(Settings()), "limits.memory_mb": 10.0}
    log.take(moment(0, 100, settings=limit))
    log.take(moment(100, 100, settings=limit))
    assert verdict(log.changes[0]).text == "· not of the caches"


def test_a_higher_hit_rate_with_more_stale_answers_is_not_better() -> None:
    better = Rate(50, 100), Rate(90, 100)
    assert "more stale" in verdict(change(*better, (None, Rate(2, 41)))).text
    assert "more stale" in verdict(change(*better, (Rate(0, 100), Rate(30, 100)))).text
    assert "better" in verdict(change(*better, (Rate(4, 39), Rate(4, 37)))).text
    assert "better" in verdict(change(*better, (Rate(4, 39), None))).text


def test_stale_answers_are_counted_from_the_change_on() -> None:
    log = ChangeLog()
    log.take(moment(60, 100, freshness="ttl", stale=StaleView(checked=39, stale=4)))
    log.take(
        moment(60, 100, settings=halved(), stale=StaleView(checked=40, stale=4)),
    )
    log.take(moment(60, 100, settings=halved(), stale=StaleView(checked=76, stale=8)))
    (logged,) = log.changes
    assert (logged.stale_before, logged.stale_after) == (Rate(4, 39), Rate(4, 37))
    assert "stale 4 of 39 → 4 of 37" in plain(change_line(logged, 200))
    log.take(moment(60, 100, settings=halved(), stale=StaleView(checked=5, stale=1)))
    assert logged.stale_after == Rate(1, 5)


def test_rates_of_another_replay_are_not_drawn_on() -> None:
    history = RateHistory()
    history.take(samples.snapshot(now_s=1.0))
    history.take(samples.snapshot(now_s=2.0))
    assert len(history.stretches("rules")[0]) == 2
    other = msgspec.structs.replace(samples.PLAYBACK, name="workday")
    history.take(samples.snapshot(now_s=3.0, playback=other))
    assert len(history.stretches("rules")[0]) == 1
    assert history.stretches("answers") == []


_TEXTS = st.lists(st.sampled_from(("one two", "three", "four five six", "")), max_size=12)


@given(_TEXTS, _TEXTS, st.integers(30, 120))
def test_every_line_that_differs_is_shown_and_fits(
    old: list[str], new: list[str], width: int
) -> None:
    rows = side_by_side("\n".join(old), "\n".join(new), width)
    assert all(width_of(row) <= width for row in rows)
    text = "\n".join(plain(row) for row in rows)
    for delta in difflib.ndiff(old, new):
        assert delta[0] in "? " or delta[2:].split(" ")[0] in text


def test_the_words_that_differ_are_marked_and_the_same_are_folded() -> None:
    example = predictions.STALE_EXAMPLES.examples[0]
    rows = side_by_side(example.served, example.current, 100)
    marked = [(piece.text.strip(), piece.role) for row in rows for piece in row if piece.role]
    assert ("date", "failed") in marked
    assert ("day", "ok") in marked
    assert any("… 11 lines the same" in text for text, _ in marked)


@given(st.lists(st.text("abc", min_size=1, max_size=20)), st.integers(5, 40))
def test_wrapped_words_fit_and_none_is_lost(words: list[str], width: int) -> None:
    rows = wrap_words([(word, "") for word in words], width)
    assert all(width_of(row) <= width for row in rows)
    assert "".join(plain(row) for row in rows).replace(" ", "") == "".join(words)


def test_many_switches_at_once_are_told_as_what_they_are() -> None:
    before = samples.settings_of(msgspec.structs.replace(Settings(), optimizations=frozenset()))
    after = samples.settings_of()
    assert difference(before, after) == "all optimizations on"
    assert difference(after, before) == "all optimizations off"
    some = {**before, **{f"optimizations.{number}": True for number in (1, 2, 7)}}
    assert difference(before, some) == "optimizations 1 2 7 on"
    mixed = {**some, "optimizations.1": False, "optimizations.3": True, "optimizations.4": True}
    assert difference(some, mixed) == "3 settings at once"
