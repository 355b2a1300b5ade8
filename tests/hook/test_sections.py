"""Texts within a budget: laws, and the order of shortening."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.context.measure import characters
from engine.hook.sections import Part, Section, write_sections

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@st.composite
def section(draw: st.DrawFn, part: Part) -> Section:
    whole = draw(texts)
    count = draw(st.integers(0, 3))
    shorter = [whole[: len(whole) * one // 4] for one in range(count, 0, -1)]
    return Section(part, (whole, *shorter))


sections = st.tuples(*(section(part) for part in Part))


@given(sections, st.integers(100, 3_000))
def test_no_text_exceeds_its_budget(made: tuple[Section, ...], budget: int) -> None:
    written = write_sections(made, budget)

    assert characters(written.text) == written.characters <= budget


@given(sections, st.one_of(st.none(), st.integers(100, 3_000)))
def test_sections_say_what_is_in_the_text(made: tuple[Section, ...], budget: int | None) -> None:
    written = write_sections(made, budget)

    assert written.whole_characters == write_sections(made, None).characters
    assert all(one.characters >= 0 for one in written.sections)
    between = 2 * (len(written.sections) - 1) if written.sections else 0
    measured = sum(one.characters for one in written.sections) + between
    if "[… the end is cut" in written.text:
        assert written.shortened
    else:
        assert measured == written.characters
    if budget is None:
        assert not written.shortened


def test_what_is_cut_off_at_the_end_is_counted_as_lost() -> None:
    made = (Section(Part.HEAD, ("h" * 600,)), Section(Part.WARNINGS, ("w" * 600,)))
    written = write_sections(made, 700)

    head, warnings = written.sections
    assert (head.characters, warnings.characters) == (600, 700 - 602 - 50)
    assert written.text.endswith("[… the end is cut: 700 characters are the budget]")


@given(sections)
def test_without_a_budget_everything_is_whole(made: tuple[Section, ...]) -> None:
    written = write_sections(made, None)

    assert written.text == "\n\n".join(one.versions[0] for one in made if one.versions[0])
    assert not any(one.shortened for one in written.sections)


@given(sections, st.integers(100, 3_000))
def test_a_text_that_fits_is_left_whole(made: tuple[Section, ...], budget: int) -> None:
    whole = write_sections(made, None)

    if whole.characters <= budget:
        assert write_sections(made, budget).text == whole.text


def test_characters_are_counted_as_javascript_does() -> None:
    assert characters("a🚨é") == 4


FULL = (
    Section(Part.HEAD, ("# Task",)),
    Section(Part.DESCRIPTION, ("## Description\n" + "d" * 1_000,)),
    Section(Part.ACCEPTANCE, ("## Acceptance criteria\n- done",)),
    Section(Part.RULES, ("## Rules\nBLOCK A\nGUIDE " + "r" * 300, "## Rules\nBLOCK A\n[…]")),
    Section(Part.SOP, ("## Agent SOP\n" + "s" * 4_000,)),
    Section(Part.SESSIONS, ("## Recent sessions\n" + "t" * 500, "## Recent sessions\n[…]")),
    Section(Part.WARNINGS, ("## Warnings\n- old",)),
)


def shortened(budget: int) -> list[Part]:
    return [one.part for one in write_sections(FULL, budget).sections if one.shortened]


def test_what_matters_least_gives_way_first() -> None:
    whole = write_sections(FULL, None).characters

    assert shortened(whole) == []
    assert shortened(whole - 100) == [Part.SESSIONS]
    assert shortened(whole - 600) == [Part.RULES, Part.SESSIONS]
    assert shortened(whole - 2_000) == [Part.RULES, Part.SOP, Part.SESSIONS]
    assert Part.DESCRIPTION in shortened(900)
    assert not {Part.HEAD, Part.ACCEPTANCE, Part.WARNINGS} & set(shortened(900))


def test_every_cut_is_marked() -> None:
    written = write_sections(FULL, 2_000)

    assert "[… cut: 4,013 characters in all]" in written.text
    assert written.text.count("[…") == 3


def test_room_that_a_later_step_makes_is_given_back() -> None:
    made = (
        Section(Part.RULES, ("## Rules\n" + "r" * 3_000, "## Rules\n[…]")),
        Section(Part.SESSIONS, ("## Recent sessions\n" + "t" * 500, "[…]")),
    )

    assert [one.part for one in write_sections(made, 2_000).sections if one.shortened] == [
        Part.RULES
    ]
