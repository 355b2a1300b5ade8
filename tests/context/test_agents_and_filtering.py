"""Agents, their capabilities, and what those take out of a context."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.agents import decode_agent, effective_role
from engine.context.capabilities import keeps_amalgamation, keeps_technology
from engine.context.facts import decode_plugin_facts
from engine.errors import InactiveAgentError
from tests.context.builders import agent_row, build, bundle, context_row, task_row

_FACTS = {
    "python": {"version": "3.11", "a": 1, "b": 2},
    "react": {"version": "18"},
    "postgresql": {},
}


def _facts_row(facts: object = None) -> Any:
    factors = json.dumps({"plugin_facts": _FACTS if facts is None else facts})
    return context_row("project", confidence_factors=factors)


def _project(root: Path, *types: str) -> Path:
    folder = root / ".agentpm" / "contexts"
    folder.mkdir(parents=True)
    for kind in types:
        (folder / f"lang_python_{kind}.txt").write_text("x")
    return root


@pytest.mark.parametrize(
    ("key", "capabilities", "kept"),
    [
        ("Python", ("python",), True),
        ("django", ("go",), True),
        ("c", ("react",), True),
        ("anything", ("",), True),
        ("react", ("python",), False),
        ("pytest-cov", ("pytest",), True),
        ("postgres", ("database",), True),
        ("detected_technologies", ("python",), False),
        ("nextjs", ("css", "frontend"), True),
    ],
)
def test_technologies_match_by_substring_both_ways(
    key: str, capabilities: tuple[str, ...], kept: bool
) -> None:
    assert keeps_technology(key, capabilities) is kept


@pytest.mark.parametrize(
    ("kind", "capabilities", "kept"),
    [
        ("readme", ("cobol",), True),
        ("Architecture", ("cobol",), True),
        ("classes", ("python",), True),
        ("classes", ("database",), False),
        ("models", ("database",), True),
        ("components", ("python",), False),
        ("test", ("testing",), True),
    ],
)
def test_amalgamations_match_likewise_and_some_always(
    kind: str, capabilities: tuple[str, ...], kept: bool
) -> None:
    assert keeps_amalgamation(kind, capabilities) is kept


_CAPABILITIES = st.lists(
    st.sampled_from(["python", "react", "database", "go", "c", "docs"]), unique=True
)


@given(_CAPABILITIES, _CAPABILITIES, st.dictionaries(st.text(max_size=8), st.none(), max_size=6))
def test_more_capabilities_never_take_anything_away(
    some: list[str], more: list[str], facts: dict[str, None]
) -> None:
    decoded = decode_plugin_facts(_facts_row(facts))
    narrow = decoded.select(tuple(some) or ("nothing-matches-this",))
    wide = decoded.select((*(tuple(some) or ("nothing-matches-this",)), *more))
    assert narrow.value.keys() <= wide.value.keys() <= facts.keys()
    assert list(wide.value) == [key for key in facts if key in wide.value]
    assert narrow.removed == len(facts) - len(narrow.value)


def test_facts_and_amalgamations_are_filtered_but_scored_whole(tmp_path: Path) -> None:
    _project(tmp_path, "classes", "components", "readme")
    rows = bundle(
        project_context=_facts_row(),
        agent=agent_row(capabilities='["React", "css"]'),
    )
    payload = build(rows, tmp_path).payload
    assert payload["plugin_facts"] == {"react": {"version": "18"}}
    assert payload["amalgamation_types"] == ["components", "readme"]
    assert payload["filtering_stats"] == {
        "amalgamations_filtered": 1,
        "amalgamations_reduction": 1 / 3,
        "plugin_facts_filtered": 2,
        "plugin_facts_reduction": 2 / 3,
        "total_reduction": 0.5,
    }
    assert payload["breakdown"]["amalgamations_coverage"] == 0.75
    assert payload["breakdown"]["plugin_facts_quality"] == pytest.approx(0.3 + 1 / 6)
    assert (
        "Context scoped to 'payments-engineer' capabilities (50% reduction)" in payload["warnings"]
    )


@pytest.mark.parametrize("capabilities", ["[]", None])
def test_without_capabilities_nothing_is_filtered(capabilities: str | None) -> None:
    agent = None if capabilities is None else agent_row(capabilities=capabilities)
    payload = build(bundle(project_context=_facts_row(), agent=agent)).payload
    assert payload["plugin_facts"] == _FACTS
    assert list(payload["plugin_facts"]) == list(_FACTS)
    assert set(payload["filtering_stats"].values()) == {0}


def test_without_an_agent_there_are_no_filtering_statistics() -> None:
    payload = build(bundle(task=task_row(assigned_to=None))).payload
    assert payload["assigned_agent"] is None
    assert payload["filtering_stats"] is None


@pytest.mark.parametrize("facts", [["python"], "python", 7, True])
def test_plugin_facts_that_are_no_object_are_left_out_and_told(facts: object) -> None:
    row = context_row(
        "project",
        six_w={"end_users": ["a"]},
        confidence_factors=json.dumps({"plugin_facts": facts}),
    )
    context = build(bundle(project_context=row))
    assert context.payload["plugin_facts"] == {}
    assert context.payload["merged_6w"]["end_users"] == ["a"]
    assert context.warnings[0] == (
        "contexts 300: confidence_factors unusable (plugin_facts is not an object)"
    )


@pytest.mark.parametrize("factors", [None, "", "{}", "null", '{"plugin_facts": null}'])
def test_missing_plugin_facts_are_no_fault_of_the_row(factors: str | None) -> None:
    context = build(bundle(project_context=context_row("project", confidence_factors=factors)))
    assert context.payload["plugin_facts"] == {}
    assert not any("unusable" in warning for warning in context.warnings)
    assert "No plugin facts available (plugin detection may have failed)" in context.warnings


def test_an_unusable_project_context_takes_its_plugin_facts_with_it() -> None:
    row = context_row(
        "project", six_w="[]", confidence_factors=json.dumps({"plugin_facts": _FACTS})
    )
    payload = build(bundle(project_context=row)).payload
    assert payload["plugin_facts"] == {}
    assert payload["breakdown"]["plugin_facts_quality"] == 0.0


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("capabilities", None),
        ("capabilities", "python"),
        ("capabilities", '{"python": 1}'),
        ("capabilities", '["python", 3]'),
        ("display_name", "  "),
        ("display_name", b"\xff"),
    ],
)
def test_an_unusable_agent_row_does_not_filter_and_keeps_its_sop(
    tmp_path: Path, column: str, cell: Any
) -> None:
    sop = tmp_path / ".claude" / "agents" / "team" / "pay.md"
    sop.parent.mkdir(parents=True)
    sop.write_text("Pay once.")
    changes = {"capabilities": '["react"]', "file_path": ".claude/agents/team/pay.md", column: cell}
    context = build(bundle(project_context=_facts_row(), agent=agent_row(**changes)), tmp_path)
    assert context.payload["plugin_facts"] == _FACTS
    assert context.payload["agent_sop"] == "Pay once."
    assert context.warnings[0].startswith(f"agents 12: {column} unusable (")


def test_a_role_of_over_100_characters_makes_its_row_unusable() -> None:
    role = "r" * 101
    agent = decode_agent(agent_row(capabilities='["react"]'), role)
    assert agent is not None
    assert agent.warnings
    assert agent.capabilities == ()


def test_capabilities_are_stripped_and_lower_cased() -> None:
    agent = decode_agent(agent_row(capabilities='[" Python ", "CI_CD"]'), "r")
    assert agent is not None
    assert agent.capabilities == ("python", "ci_cd")


@pytest.mark.parametrize("is_active", [0, None])
def test_an_inactive_agent_is_an_error(is_active: int | None) -> None:
    with pytest.raises(InactiveAgentError) as caught:
        build(bundle(agent=agent_row(is_active=is_active)))
    assert caught.value.reason == (
        "Invalid agent assignment: Agent role 'payments-engineer' is inactive"
    )
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("asked", "assigned", "effective"),
    [
        ("a", "b", "a"),
        (None, "b", "b"),
        ("", "b", "b"),
        (None, None, None),
        (None, "", ""),
        (" ", "b", " "),
    ],
)
def test_effective_role(asked: str | None, assigned: str | None, effective: str | None) -> None:
    assert effective_role(asked, assigned) == effective
