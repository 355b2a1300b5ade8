"""Texts within a budget: laws, and the order of shortening."""

from __future__ import annotations

from itertools import chain, pairwise
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.context.measure import characters
from engine.hook.full_rendering import full_sections
from engine.hook.queries import RuleTitle
from engine.hook.sections import ORDER, Part, Section, Written, write_sections
from engine.hook.shortening import cut_ways, entry, from_the_end, piece_ends
from tests.hook.test_full_rendering import SIX_W, payload

WORDS = ("so", "word.", "e.g.", "\n", "\n\n", "\N{ROCKET}" * 30, "x" * 250, "- it is")
LEVELS = ("BLOCK", "LIMIT", "GUIDE", "ENHANCE")


def some_text(chance: Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randrange(30)))


def some_line(chance: Random) -> str:
    return " ".join(some_text(chance).split())


def some_rule(chance: Random, rule_id: str) -> RuleTitle:
    name = chance.choice(("", "a", "be-kind"))
    return RuleTitle(rule_id, name, chance.choice(LEVELS), some_line(chance)[:80])


def some_context(seed: int) -> tuple[Section, ...]:
    """The sections of any task's context."""
    chance = Random(seed)
    titles = {
        rule_id: some_rule(chance, rule_id)
        for rule_id in (f"R-{number}" for number in range(chance.randrange(30)))
    }
    session = {"summary_type": "session", "session_date": "2026-01-31", "metadata": {}}
    return tuple(
        full_sections(
            payload(
                task={**payload()["task"], "description": some_text(chance)},
                rules=[*titles],
                blocking_rules=[one.rule_id for one in titles.values() if one.level == "BLOCK"],
                agent_sop=some_text(chance),
                plugin_facts={some_line(chance): "1.0" for _ in range(chance.randrange(12))},
                temporal_context=[
                    {**session, "summary_text": some_text(chance)}
                    for _ in range(chance.randrange(4))
                ],
                merged_6w={
                    **SIX_W,
                    "business_value": some_text(chance),
                    "suggested_approach": some_text(chance),
                    "reviewers": [some_line(chance) for _ in range(chance.randrange(3))],
                },
            ),
            titles,
        )
    )


texts = st.integers(0, 10**9).map(lambda seed: some_text(Random(seed)))
sections = st.integers(0, 10**9).map(some_context)
LEAST = 250
few = settings(max_examples=60, phases=[Phase.explicit, Phase.generate])
"""The last mark and a beginning of the head: no test asks for less."""


@few
@given(sections, st.integers(LEAST, 5_000))
def test_no_text_exceeds_its_budget(made: tuple[Section, ...], budget: int) -> None:
    written = write_sections(made, budget)

    assert characters(written.text) == written.characters <= budget


@few
@given(sections, st.one_of(st.none(), st.integers(LEAST, 5_000)))
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
    made = (Section(Part.HEAD, "h" * 600), Section(Part.WARNINGS, "w" * 600))
    written = write_sections(made, 700)

    head, warnings = written.sections
    assert (head.characters, warnings.characters) == (600, 700 - 602 - 50)
    assert written.text.endswith("[… the end is cut: 700 characters are the budget]")


@few
@given(sections)
def test_without_a_budget_everything_is_whole(made: tuple[Section, ...]) -> None:
    written = write_sections(made, None)

    assert written.text == "\n\n".join(one.whole for one in made if one.whole)
    assert not any(one.shortened for one in written.sections)


@few
@given(sections, st.integers(LEAST, 5_000))
def test_a_text_that_fits_is_left_whole(made: tuple[Section, ...], budget: int) -> None:
    whole = write_sections(made, None)

    if whole.characters <= budget:
        assert write_sections(made, budget).text == whole.text


def lengths_by_loss(section: Section) -> list[int]:
    """The lengths of a section's versions, from the whole to the one that loses most."""
    ways = [map(way.write, range(way.most, way.least - 1, -1)) for way in section.ways()]
    return [characters(text) for text in (section.whole, *chain(*ways))]


@few
@given(sections, st.integers(LEAST, 5_000))
def test_nothing_that_was_dropped_would_have_fitted(made: tuple[Section, ...], budget: int) -> None:
    written = write_sections(made, budget)
    room = budget - written.characters

    if "[… the end is cut" in written.text:
        assert room <= 1  # half of a character that counts twice
        return
    of = {section.part: section for section in made}
    for one in written.sections:
        if one.shortened:
            lengths = lengths_by_loss(of[one.part])
            losing_less = lengths[: lengths.index(one.characters)]
            assert min(losing_less) > one.characters + room


@few
@given(sections, st.lists(st.integers(LEAST, 5_000), min_size=2, max_size=6).map(sorted))
def test_a_larger_budget_never_gives_less(made: tuple[Section, ...], budgets: list[int]) -> None:
    found = [write_sections(made, budget).characters for budget in budgets]

    assert found == sorted(found)


@few
@given(sections)
def test_every_unit_taken_away_makes_the_text_no_longer(made: tuple[Section, ...]) -> None:
    for section in made:
        for way in section.ways():
            found = [characters(way.write(kept)) for kept in range(way.least, way.most + 1)]
            assert found == sorted(found)


@few
@given(texts)
def test_pieces_are_the_whole_text(text: str) -> None:
    ends = piece_ends(text)

    assert (ends[-1] if ends else 0) == len(text)
    assert all(0 < after - before < 220 for before, after in pairwise((0, *ends)))


def test_characters_are_counted_as_javascript_does() -> None:
    assert characters("a🚨é") == 4


SENTENCES = "\n".join(f"Sentence {number:02} ends here." for number in range(40))
TITLES = {
    f"R-{number:02}": RuleTitle(f"R-{number:02}", f"rule-{number:02}", "GUIDE", "")
    for number in range(30)
} | {"B-01": RuleTitle("B-01", "never-skip", "BLOCK", "Nothing is skipped.")}
FULL = tuple(
    full_sections(
        payload(
            task={**payload()["task"], "description": SENTENCES},
            rules=[*TITLES],
            blocking_rules=["B-01"],
            agent_sop="\n".join([SENTENCES] * 4),
        ),
        TITLES,
    )
)
WHOLE = write_sections(FULL, None).characters


def shortened(written: Written) -> list[Part]:
    return [one.part for one in written.sections if one.shortened]


def test_what_matters_least_gives_way_first() -> None:
    lost = [shortened(write_sections(FULL, WHOLE - less)) for less in (0, 5, 60, 2_000, 4_500)]

    assert lost == [
        [],
        [Part.SESSIONS],
        [Part.RULES, Part.SESSIONS],
        [Part.RULES, Part.SOP, Part.SESSIONS],
        [Part.DESCRIPTION, Part.RULES, Part.SOP, Part.SESSIONS],
    ]


def test_no_more_is_lost_than_was_too_long() -> None:
    longest_unit = max(len(line) for line in SENTENCES.splitlines())

    for budget in range(1_000, WHOLE, 97):
        assert budget - write_sections(FULL, budget).characters <= longest_unit


def test_names_of_rules_go_one_by_one() -> None:
    text = write_sections(FULL, WHOLE - 100).text

    assert "R-05 rule-05, " in text
    assert text.endswith("young")
    assert "[… names of rules that do not block left out: " in text
    assert ", R-28, R-29\n" in text
    assert "B-01 never-skip: Nothing is skipped." in text


def test_a_budget_below_the_last_mark_gives_the_mark_alone() -> None:
    assert write_sections(FULL, 8).text == "\n[… the end is cut: 8 characters are the budget]"


def test_every_cut_is_marked() -> None:
    for budget in range(600, WHOLE, 151):
        written = write_sections(FULL, budget)
        parts = len(shortened(written))
        assert "[… the end is cut" in written.text or written.text.count("[…") == parts


def test_an_order_is_given_for_every_way_there_is() -> None:
    for section in FULL:
        steps = [step.way for step in ORDER if step.part is section.part]
        assert steps == [*range(len(section.ways()))]


def test_a_floor_is_kept_in_the_first_way_of_a_cut() -> None:
    down, away = cut_ways("## SOP", SENTENCES, floor=500)

    assert 500 <= characters(down.shortest()) < 540
    assert away.shortest() == f"## SOP\n[… cut: {7 + len(SENTENCES):,} characters in all]"


def test_a_text_below_its_floor_is_not_cut_in_the_first_way() -> None:
    down, _ = cut_ways("## SOP", "Short.\nText that says more.", floor=500)

    assert down.shortest() == "## SOP\nShort.\nText that says more."


def test_the_oldest_entry_gives_way_by_sentences() -> None:
    entries = [entry("- new"), entry("- old one says this. And then it says that.")]
    way = from_the_end("## Sessions", entries, lambda left: f"[… {left}]")

    assert [way.write(kept) for kept in (2, 1, 0)] == [
        "## Sessions\n- new\n- old one says this.…\n[… 1]",
        "## Sessions\n- new\n[… 1]",
        "## Sessions\n[… 2]",
    ]


def test_room_that_a_later_step_makes_is_given_back() -> None:
    giant = Section(Part.RULES, "## Rules\n" + "r" * 3_000, lambda: cut_ways("## Rules", "", 0))
    made = (giant, *(one for one in FULL if one.part is Part.SESSIONS))

    assert shortened(write_sections(made, 2_000)) == [Part.RULES]
