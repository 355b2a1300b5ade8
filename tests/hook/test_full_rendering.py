"""What the full rendering says, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from engine.hook.full_rendering import fact_lines, full_sections, sop_section
from engine.hook.queries import RuleTitle
from engine.hook.rules_rendering import rules_section
from engine.hook.sections import write_sections

TITLES = {
    "AB-001": RuleTitle("AB-001", "never-skip", "BLOCK", "Nothing is skipped"),
    "AB-002": RuleTitle("AB-002", "be-kind", "GUIDE", "Kindness"),
    "AB-003": RuleTitle("AB-003", "no-more-than", "LIMIT", ""),
}
SIX_W = {
    **{
        name: []
        for name in (
            *("implementers", "reviewers", "end_users", "functional_requirements"),
            *("technical_constraints", "affected_services", "repositories", "deployment_targets"),
            *("dependencies_timeline", "existing_patterns"),
        )
    },
    **dict.fromkeys(("deadline", "business_value", "risk_if_delayed", "suggested_approach")),
    "acceptance_criteria": ["it works", "it works"],
}


def payload(**changes: Any) -> dict[str, Any]:
    task = {
        "id": 7,
        "name": "Ship it",
        "description": "All of it.\n",
        "type": "bugfix",
        "status": "active",
        "priority": 2,
        "effort_hours": 1.5,
        "due_date": None,
        "blocked_reason": None,
        "quality_metadata": {"acceptance_criteria": ["it is fast", {"criterion": "it is small"}]},
    }
    return {
        "task": task,
        "work_item": {"id": 3, "name": "Shipping"},
        "project": {"id": 1, "name": "Shop"},
        "assigned_agent": "tester",
        "confidence_score": 0.715,
        "confidence_band": "YELLOW",
        "merged_6w": SIX_W,
        "rules": ["AB-002", "AB-003", "AB-001"],
        "blocking_rules": ["AB-001"],
        "agent_sop": "---\nname: tester\n---\n# Tester\nTest it.",
        "plugin_facts": {"python": {"version": "3.11"}},
        "temporal_context": [
            {
                "summary_text": "Went well\nand on",
                "summary_type": "session",
                "session_date": "2026-01-31",
                "metadata": {"next_steps": ["rest"]},
            }
        ],
        "warnings": ["old", "young", "old"],
        **changes,
    }


def test_the_whole_text() -> None:
    written = write_sections(full_sections(payload(), TITLES, "Said so."), None)

    assert written.text == (
        "# Task #7: Ship it\n"
        "type bugfix · status active · priority 2 · effort 1.5 h\n"
        "Said so.\n"
        "Work item WI-3: Shipping\n"
        "Project: Shop\n"
        "Agent: tester\n"
        "Confidence in this context: 72% (YELLOW)\n\n"
        "## Description\nAll of it.\n\n"
        "## Acceptance criteria\n- it works\n- it is fast\n- it is small\n\n"
        "## Rules that apply (3, of which 1 block)\n"
        "- BLOCK AB-001 never-skip: Nothing is skipped\n"
        "- LIMIT AB-003 no-more-than\n"
        "- GUIDE AB-002 be-kind\n\n"
        "## Agent SOP\n# Tester\nTest it.\n\n"
        "## Technologies\n- python 3.11\n\n"
        "## Recent sessions\n- 2026-01-31 session: Went well\n  and on\n  next: rest\n\n"
        "## Warnings\n- old\n- young"
    )


def test_what_is_missing_leaves_no_heading() -> None:
    bare = payload(
        task={**payload()["task"], "description": None, "quality_metadata": None},
        merged_6w={**SIX_W, "acceptance_criteria": []},
        rules=[],
        blocking_rules=[],
        agent_sop=None,
        plugin_facts={},
        temporal_context=[],
        warnings=[],
        assigned_agent=None,
    )

    assert "##" not in write_sections(full_sections(bare, {}), None).text


@pytest.mark.parametrize(
    ("sop", "kept"),
    [
        ("---\na: b\n---\nText", "Text"),
        ("\ufeff---\na: b\n---\nText", "Text"),
        ("---\na: b\n...\nText", "Text"),
        ("No front matter\n---\nmore", "No front matter\n---\nmore"),
        ("---\nnever closed", "---\nnever closed"),
    ],
)
def test_only_front_matter_is_left_out_of_an_sop(sop: str, kept: str) -> None:
    assert sop_section(sop).whole == f"## Agent SOP\n{kept}"


def test_blocking_rules_stay_longest() -> None:
    section = rules_section(["AB-001", "AB-002", "AB-003"], ["AB-001"], TITLES)

    shortest = [way.shortest() for way in section.ways()]
    assert [("Nothing is skipped" in text, "be-kind" in text) for text in shortest] == [
        (True, False),
        (True, False),
        (False, False),
    ]
    assert all("AB-001" in text for text in shortest)


def test_a_rule_without_a_row_is_still_named() -> None:
    assert "- BLOCK ZZ-009" in rules_section(["ZZ-009"], ["ZZ-009"], {}).whole


@pytest.mark.parametrize(
    ("key", "item", "lines"),
    [
        ("python", {"version": "3.11"}, ["- python 3.11"]),
        ("python", "3.11", ["- python: 3.11"]),
        ("python", None, ["- python"]),
        ("python", {}, ["- python"]),
        (
            "enriched",
            {"js": {"node_version": ">=20", "dependencies": {"react": "^19"}}, "go": {}},
            ["- js >=20 (with react ^19)"],
        ),
        ("found", {"go": {"confidence": 1}, "c": {}}, ["- found: go, c"]),
    ],
)
def test_facts_name_versions_wherever_they_are(key: str, item: Any, lines: list[str]) -> None:
    assert fact_lines(key, item) == lines
