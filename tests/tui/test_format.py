"""Figures as a person reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.lengths import length_text
from tui import format as fmt


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0.00"),
        (0.0041, "0.004"),
        (0.93, "0.93"),
        (77.42, "77.4"),
        (145.93, "145.9"),
        (1234.5, "1,234"),
    ],
)
def test_milliseconds_have_three_figures(value: float | None, text: str) -> None:
    assert fmt.milliseconds(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "none"),
        (0.25, "250 ms"),
        (45, "45 s"),
        (90, "1.5 min"),
        (1800, "30 min"),
        (86_400, "1 d"),
        (172_800, "2 d"),
    ],
)
def test_durations_use_the_largest_unit_that_is_plain(seconds: float, text: str) -> None:
    assert fmt.duration(seconds) == text


def test_a_rate_of_nothing_is_a_dash() -> None:
    assert fmt.percent(0, 0) == fmt.DASH
    assert fmt.percent(2, 3) == "66.7 %"


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), max_size=80), st.integers(1, 60))
def test_sparklines_have_their_width(values: list[float | None], width: int) -> None:
    assert len(fmt.sparkline(values, width)) == width


def test_a_sparkline_shows_gaps_as_gaps() -> None:
    assert fmt.sparkline([0.0, None, 10.0], 3) == "▁ █"


@given(st.floats(-1, 2), st.integers(1, 40))
def test_bars_have_their_width(fraction: float, width: int) -> None:
    assert len(fmt.bar(fraction, width)) == width


@given(st.floats(0, 3599.4))
def test_what_plays_and_the_lists_round_a_length_alike(seconds: float) -> None:
    length = length_text(seconds)
    assert fmt.played(seconds, seconds) == f"{length}/{length}"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(59.6, "1:00"), (3599.6, "1.0 h"), (11_160, "3.1 h"), (172_800, "2 d")],
)
def test_lengths_are_rounded(seconds: float, text: str) -> None:
    assert length_text(seconds) == text
