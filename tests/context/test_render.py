"""The whole text, line for line, and the order of the warnings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.context.render import render
from tests.context.builders import (
    agent_row,
    build,
    bundle,
    context_row,
    project_row,
    rule_row,
    summary_row,
    task_row,
    work_item_row,
)

_SIX_W = {
    "end_users": ["shoppers"],
    "implementers": ["ana", "bo"],
    "reviewers": ["cy"],
    "functional_requirements": ["Charge once", "Keep a receipt"],
    "technical_constraints": ["never rendered"],
    "acceptance_criteria": ["No double charge", 2],
    "affected_services": ["payments", "ledger"],
    "repositories": ["shop"],
    "deployment_targets": ["eu"],
    "deadline": "2026-04-01T10:00:00",
    "dependencies_timeline": ["ledger v2", "queue"],
    "business_value": "Trust",
    "risk_if_delayed": "Refunds",
    "suggested_approach": "Idempotency keys",
    "existing_patterns": ["outbox"],
}


def test_a_full_context(tmp_path: Path) -> None:
    sop = tmp_path / ".claude" / "agents" / "payments-engineer.md"
    sop.parent.mkdir(parents=True)
    sop.write_text("s" * 501)
    facts = {"python": {"version": "3.11"}, "redis": {"version": ""}, "go": [1]}
    rows = bundle(
        task_context=context_row(six_w=_SIX_W),
        project_context=context_row(
            "project", confidence_factors=json.dumps({"plugin_facts": facts})
        ),
        agent=agent_row(),
        summaries=(
            summary_row(),
            summary_row(id=4, summary_type="milestone", context_metadata=None),
        ),
    )
    rendered = render(build(rows, tmp_path, rules=(rule_row(),)))
    assert rendered.text(12) == (
        "\n"
        "## 🎯 Task Context Assembled (Context Delivery Agent)\n"
        "\n"
        "**Task #45**: Charge the card once (implementation, 3.0h)\n"
        "**Work Item**: WI-7\n"
        "**Agent**: payments-engineer\n"
        "\n"
        "### 🔍 Merged Context (Task → Work Item → Project)\n"
        "\n"
        "**WHO**: Implementers: ana, bo; Reviewers: cy; End Users: shoppers\n"
        "**WHAT**: Charge once; Keep a receipt; AC: No double charge; AC: 2\n"
        "**WHEN**: Deadline: 2026-04-01; Dependencies: ledger v2; queue\n"
        "**WHERE**: Services: payments, ledger; Repos: shop; Targets: eu\n"
        "**WHY**: Trust; Risk: Refunds\n"
        "**HOW**: Idempotency keys; Patterns: outbox\n"
        "\n"
        "### 🔌 Tech Stack\n"
        "\n"
        "- python: 3.11\n"
        "- redis\n"
        "- go\n"
        "\n"
        "### 📝 Agent SOP\n"
        "\n"
        f"{'s' * 500}...\n"
        "\n"
        "### 🕒 Recent Sessions\n"
        "\n"
        "- Session (2026-03-08)\n"
        "  Moved the retry into the queue.\n"
        "  Key Decisions:\n"
        "    • Idempotency keys\n"
        "  Tasks Completed: 2\n"
        "\n"
        "- Milestone (2026-03-08)\n"
        "  Moved the retry into the queue.\n"
        "\n"
        "**Context Confidence**: 57% (YELLOW)\n"  # 0.575 is a little less than that in binary
        "**Assembly Time**: 12ms\n"
        "\n"
        "⚠️ **Warnings**:\n"
        "- Missing plugin facts for detected technologies\n"
        "- Limited code amalgamations available\n"
        "- Loaded 1 rules (1 BLOCK)\n"
    )


def test_an_empty_context_keeps_its_frame() -> None:
    rows = bundle(task=task_row(assigned_to=None, effort_hours=None, work_item_id=7))
    assert render(build(rows)).text(0) == (
        "\n"
        "## 🎯 Task Context Assembled (Context Delivery Agent)\n"
        "\n"
        "**Task #45**: Charge the card once (implementation, n/a)\n"
        "**Work Item**: WI-7\n"
        "\n"
        "### 🔍 Merged Context (Task → Work Item → Project)\n"
        "\n"
        "\n"
        "**Context Confidence**: 3% (RED)\n"
        "**Assembly Time**: 0ms\n"
        "\n"
        "⚠️ **Warnings**:\n"
        "- No 6W context found at any level\n"
        "- No plugin facts available (plugin detection may have failed)\n"
        "- Context is 999 days old (consider refresh)\n"
    )


@pytest.mark.parametrize(
    ("hours", "shown"),
    [(3.0, "3.0h"), (0.1 + 0.2, "0.30000000000000004h"), (0, "0.0h"), (None, "n/a")],
)
def test_effort_is_shown_as_the_shortest_exact_number(hours: Any, shown: str) -> None:
    text = render(build(bundle(task=task_row(effort_hours=hours)))).text(0)
    assert f"(implementation, {shown})" in text


def test_without_warnings_there_is_no_warning_section(tmp_path: Path) -> None:
    folder = tmp_path / ".agentpm" / "contexts"
    folder.mkdir(parents=True)
    for kind in ("classes", "functions", "models", "views"):
        (folder / f"{kind}.txt").touch()
    rich = {"a": 1, "b": 2, "c": 3}
    factors = json.dumps({"plugin_facts": {"python": rich, "django": rich}})
    rows = bundle(
        task_context=context_row(six_w=_SIX_W),
        project_context=context_row("project", confidence_factors=factors),
    )
    text = render(build(rows, tmp_path)).text(7)
    assert text.endswith("**Context Confidence**: 92% (GREEN)\n**Assembly Time**: 7ms\n")


def test_a_task_without_a_usable_name_and_type_still_has_a_headline() -> None:
    text = render(build(bundle(task=task_row(name="", type=None)))).text(0)
    assert "**Task #45**: Unknown Task (unknown, 3.0h)" in text


def test_unusable_values_are_told_first_and_then_agentpms_own_warnings_in_its_order(
    tmp_path: Path,
) -> None:
    own = tmp_path / ".claude" / "agents" / "docs-writer.md"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"\xff")
    rows = bundle(
        task=task_row(priority=9),
        work_item=work_item_row(status="x"),
        project=project_row(tech_stack=None),
        task_context=context_row(six_w={"end_users": 1}, updated_at="2026-01-01"),
        work_item_context=context_row("work_item", six_w="[]"),
        project_context=context_row("project", confidence_factors='{"plugin_facts": 3}'),
        agent=agent_row(id=13, file_path="../x"),
        assigned_agent=agent_row(capabilities="x"),
        summaries=(summary_row(summary_text="short"),),
    )
    rules = (rule_row(id=8, name="X"), rule_row())
    context = build(rows, tmp_path, agent_role="docs-writer", rules=rules)
    assert context.warnings == (
        "tasks 45: priority unusable (not a whole number from 1 to 5)",
        "work_items 7: status unusable (unknown value 'x')",
        "contexts 200: six_w_data unusable (not a JSON object)",
        "projects 1: tech_stack unusable (missing)",
        "contexts 300: confidence_factors unusable (plugin_facts is not an object)",
        "contexts 100: six_w_data unusable (end_users is not a list)",
        "agents 12: capabilities unusable (not JSON)",
        "agents 13: file_path unusable (leads out of the project)",
        "work_item_summaries 5: summary_text unusable (shorter than 10 characters)",
        "rules 8: name unusable (not 3 to 100 lower-case letters, digits and inner hyphens)",
        "No plugin facts available (plugin detection may have failed)",
        "Context is 68 days old (consider refresh)",
        "6W context only 0% complete (need >50%)",
        "Missing plugin facts for detected technologies",
        "Limited code amalgamations available",
        "Context is 68 days old (consider refresh)",
        "Agent SOP unusable for 'docs-writer' (.claude/agents/docs-writer.md is not valid UTF-8 (byte 0))",
        "Loaded 1 rules (1 BLOCK)",
    )
    assert render(context).tail.count("\n- ") == 3


def test_one_row_that_is_both_agents_is_told_once() -> None:
    row = agent_row(capabilities=None)
    warnings = build(bundle(agent=row, assigned_agent=row)).warnings
    assert warnings.count("agents 12: capabilities unusable (missing)") == 1


def test_objects_in_list_fields_are_carried_and_rendered_by_their_keys() -> None:
    six_w = {"implementers": {"ana": 1, "bo": 2}, "acceptance_criteria": {"fast": 1}}
    context = build(bundle(task_context=context_row(six_w=six_w)))
    assert context.payload["merged_6w"]["implementers"] == {"ana": 1, "bo": 2}
    head = render(context).head
    assert "**WHO**: Implementers: ana, bo\n" in head
    assert "**WHAT**: AC: fast\n" in head


def test_a_structured_risk_is_printed_as_python_prints_it() -> None:
    context = build(bundle(task_context=context_row(six_w={"risk_if_delayed": ["a"]})))
    assert "**WHY**: Risk: ['a']\n" in render(context).head
