"""Lines never exceed their width and never cut a word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.text import Item, Piece, clip, fit, item, line, pad, plain, spread, width_of, wrap

_TEXT = st.text(alphabet="abc déé 漢字 ,.→", max_size=40)
_WIDTH = st.integers(min_value=1, max_value=60)


@given(_TEXT, _WIDTH)
def test_clipped_text_fits(text: str, width: int) -> None:
    assert cell_len(clip(text, width)) <= width


@given(st.lists(st.text(alphabet="abcdef", min_size=1, max_size=8), min_size=1), _WIDTH)
def test_clip_keeps_whole_words(words: list[str], width: int) -> None:
    clipped = clip(" ".join(words), width)
    kept = clipped.removesuffix("…").split()
    longest_word_fits = all(len(word) * 3 < width for word in words)
    if longest_word_fits:
        assert kept == words[: len(kept)]


@given(_TEXT, _WIDTH, st.booleans())
def test_padded_lines_have_exactly_their_width(text: str, width: int, right: bool) -> None:
    assert width_of(pad(line(text), width, right=right)) == width


@given(st.lists(_TEXT, max_size=5), st.lists(st.integers(0, 9), min_size=5, max_size=5), _WIDTH)
def test_items_that_can_vanish_always_fit(texts: list[str], ranks: list[int], width: int) -> None:
    items = [item(text, "", rank=rank) for text, rank in zip(texts, ranks, strict=False)]
    assert width_of(fit(items, width)) <= width


def test_the_lowest_rank_is_shortened_first() -> None:
    items: list[Item] = [
        item("important and long", "short", rank=9),
        item("unimportant", "", rank=1),
    ]
    assert plain(fit(items, 31)) == "important and long  unimportant"
    assert plain(fit(items, 30)) == "important and long"
    assert plain(fit(items, 10)) == "short"


def test_the_right_part_is_left_out_rather_than_laid_over_the_left() -> None:
    left, right = line("where the time goes"), line("mean ms")
    assert plain(spread(left, right, 30)) == "where the time goes    mean ms"
    assert plain(spread(left, right, 22)).strip() == "where the time goes"


@given(_TEXT, st.integers(min_value=4, max_value=40))
def test_wrapping_keeps_every_character_but_blanks(text: str, width: int) -> None:
    rows = wrap(text, width)
    assert all(cell_len(row) <= width for row in rows)
    assert "".join(rows).replace(" ", "") == text.replace(" ", "")


def test_a_figure_stays_with_its_unit() -> None:
    assert wrap("the best is 63.2 % at 4 h", 17) == ["the best is", "63.2 % at 4 h"]
    assert wrap("the best is at 4 h", 17) == ["the best is at", "4 h"]
    assert wrap("in 4 hours", 6) == ["in 4", "hours"]


def test_a_piece_keeps_its_role_when_it_is_clipped() -> None:
    clipped = pad((Piece("one two three", "alert"),), 9)
    assert plain(clipped) == "one two… "
    assert clipped[0].role == "alert"


def test_tabs_become_blanks() -> None:
    assert wrap("\tif x:\n\t\ty", 20) == ["    if x:", "        y"]
