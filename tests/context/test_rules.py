"""Rules: what is usable, what concerns an agent, how it is summed up."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.capabilities import RULE_CATEGORIES
from engine.context.rules import compile_rules
from tests.context.builders import agent_row, build, bundle, rule_row, task_row

_RULES = (
    rule_row(id=1, rule_id="DP-001", category="Development Principles"),
    rule_row(id=2, rule_id="WR-002", category="Workflow Rules"),
    rule_row(
        id=3, rule_id="DOC-003", category="Documentation Standards", enforcement_level="GUIDE"
    ),
    rule_row(id=4, rule_id="XX-004", category=None, enforcement_level="GUIDE"),
    rule_row(id=5, rule_id="XX-005", category="", enforcement_level="LIMIT"),
    rule_row(id=6, rule_id="OPS-006", category="Operations Standards", enforcement_level="ENHANCE"),
)
_IDS = ("DP-001", "WR-002", "DOC-003", "XX-004", "XX-005", "OPS-006")


def test_without_capabilities_all_rules_are_loaded_and_summed_up() -> None:
    selected = compile_rules(_RULES).select(())
    assert selected.rule_ids == _IDS
    assert selected.blocking_ids == ("DP-001", "WR-002")
    assert selected.warning == "Loaded 6 rules (2 BLOCK)"
    assert selected.summary == (
        "🚨 BLOCK (2): Development Principles, Workflow Rules\n"
        "⚠️ LIMIT (1): General\n"
        "💡 GUIDE (2): Documentation Standards, General\n"
        "✨ ENHANCE (1): Operations Standards"
    )


def test_capabilities_keep_their_categories_the_common_ones_and_rules_without_one() -> None:
    selected = compile_rules(_RULES).select(("python",))
    assert selected.rule_ids == ("DP-001", "WR-002", "XX-004", "XX-005")
    unknown = compile_rules(_RULES).select(("juggling",))
    assert unknown.rule_ids == ("WR-002", "XX-004", "XX-005")


def test_no_rules_give_no_summary_and_no_warning() -> None:
    selected = compile_rules(()).select(("python",))
    assert (selected.rule_ids, selected.summary, selected.warning) == ((), "", None)


@given(
    st.lists(st.sampled_from(sorted(RULE_CATEGORIES)), max_size=4),
    st.sampled_from(sorted(RULE_CATEGORIES)),
)
def test_another_capability_never_takes_a_rule_away(capabilities: list[str], another: str) -> None:
    rules = compile_rules(_RULES)
    if capabilities:
        narrow = rules.select(tuple(capabilities)).rule_ids
        wide = rules.select((*capabilities, another)).rule_ids
        assert set(narrow) <= set(wide)
        assert list(wide) == [rule_id for rule_id in _IDS if rule_id in wide]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("rule_id", "dp-001"),
        ("rule_id", "DP-01"),
        ("rule_id", "DP-001\n"),
        ("rule_id", b"\xff"),
        ("name", "Ab"),
        ("name", "ab"),
        ("name", "a--b"),
        ("name", "-abc"),
        ("name", "x" * 101),
        ("description", "x" * 501),
        ("category", "x" * 101),
        ("validation_logic", "x" * 1001),
        ("error_message", "x" * 501),
        ("enforcement_level", "MAYBE"),
        ("config", "[1]"),
        ("config", '"text"'),
        ("config", "- a yaml list"),
        ("config", "7"),
        ("enabled", 2),
    ],
)
def test_one_unusable_rule_is_left_out_and_told_and_the_others_stay(column: str, cell: Any) -> None:
    bad = rule_row(id=9, **({"rule_id": "BAD-009"} | {column: cell}))
    rules = compile_rules((_RULES[0], bad, _RULES[1]))
    assert rules.select(()).rule_ids == ("DP-001", "WR-002")
    (warning,) = rules.warnings
    assert warning.startswith(f"rules 9: {column} unusable (")


@pytest.mark.parametrize(
    "config",
    [None, "", "{}", "null", "max_hours: 4.0", "~", "{broken: [yaml", "\t", "&a [*a]: x: y"],
)
def test_configurations_that_count_as_an_object_or_as_none(config: str | None) -> None:
    rules = compile_rules((rule_row(config=config),))
    assert rules.warnings == ()
    assert len(rules.rules) == 1


def test_texts_at_their_limits_are_usable() -> None:
    row = rule_row(
        name="a" * 100, description="x" * 500, category="c" * 100, validation_logic="x" * 1000
    )
    assert compile_rules((row,)).warnings == ()


def test_rules_are_filtered_by_the_assigned_agent_even_when_another_is_asked_for() -> None:
    asked = agent_row(id=13, role="docs-writer", capabilities='["documentation"]')
    assigned = agent_row(capabilities='["python"]')
    rows = bundle(agent=asked, assigned_agent=assigned)
    context = build(rows, agent_role="docs-writer", rules=_RULES)
    assert context.payload["rules"] == ["DP-001", "WR-002", "XX-004", "XX-005"]
    assert context.payload["assigned_agent"] == "docs-writer"


@pytest.mark.parametrize("assigned", [None, agent_row(is_active=0, capabilities='["python"]')])
def test_an_absent_or_inactive_assigned_agent_filters_no_rules(assigned: Any) -> None:
    context = build(bundle(assigned_agent=assigned), agent_role="docs-writer", rules=_RULES)
    assert context.payload["rules"] == list(_IDS)


def test_a_task_assigned_to_nobody_gets_all_rules() -> None:
    rows = bundle(task=task_row(assigned_to=" "))
    assert build(rows, rules=_RULES).payload["rules"] == list(_IDS)


def test_a_rule_set_survives_packing() -> None:
    rules = compile_rules((*_RULES, rule_row(id=9, name="")))
    again = pickle.loads(pickle.dumps(rules))
    assert again.select(("python",)) == rules.select(("python",))
    assert again.warnings == rules.warnings
