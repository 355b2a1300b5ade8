"""What a reader of the demo meets: complete, consistent, and believable to AgentPM's own rules."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from datetime import datetime
from pathlib import Path

from engine.demo import DemoProject
from engine.demo.staff import BROKEN_SOP_ROLE, INACTIVE_ROLE
from tests.demo.conftest import NOW


def test_it_has_what_was_asked_for(demo: DemoProject, rows: sqlite3.Connection) -> None:
    ids = [row["id"] for row in rows.execute("SELECT id FROM tasks ORDER BY id")]
    assert ids == list(range(1, 301))
    assert rows.execute("SELECT count(*) FROM agents").fetchone()[0] == 40
    assert rows.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    assert rows.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert rows.execute("PRAGMA foreign_key_check").fetchall() == []
    assert rows.execute("SELECT path FROM projects").fetchone()[0] == str(demo.root)


def test_no_two_tasks_have_the_same_name(rows: sqlite3.Connection) -> None:
    names = Counter(row["name"] for row in rows.execute("SELECT name FROM tasks"))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_task_belongs_to_a_role_that_exists(rows: sqlite3.Connection) -> None:
    strangers = rows.execute(
        "SELECT assigned_to FROM tasks WHERE assigned_to NOT IN (SELECT role FROM agents)"
    ).fetchall()
    assert strangers == []
    assert rows.execute("SELECT count(DISTINCT assigned_to) FROM tasks").fetchone()[0] == 40


def test_procedures_are_long_enough_to_work_by(demo: DemoProject, rows: sqlite3.Connection) -> None:
    for row in rows.execute("SELECT role, file_path FROM agents"):
        content = (demo.root / row["file_path"]).read_bytes()
        if row["role"] == BROKEN_SOP_ROLE:
            continue
        text = content.decode()
        assert 2_000 <= len(content) <= 10_000, row["role"]
        assert "## How you work" in text
        assert "lorem" not in text.lower()


def test_procedures_refer_to_roles_that_exist(demo: DemoProject, rows: sqlite3.Connection) -> None:
    roles = {row["role"] for row in rows.execute("SELECT role FROM agents")}
    for path in (demo.root / ".claude/agents").glob("*.md"):
        asked = re.findall(r"ask `([a-z0-9-]+)`", path.read_text(errors="replace"))
        assert set(asked) <= roles, path.name


def test_one_procedure_is_broken_and_one_agent_has_retired(
    demo: DemoProject, rows: sqlite3.Connection
) -> None:
    def is_utf8(path: Path) -> bool:
        try:
            path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return False
        return True

    broken = [p.stem for p in (demo.root / ".claude/agents").iterdir() if not is_utf8(p)]
    assert broken == [BROKEN_SOP_ROLE]
    retired = rows.execute("SELECT role FROM agents WHERE is_active = 0").fetchall()
    assert [row["role"] for row in retired] == [INACTIVE_ROLE]
    left = rows.execute("SELECT count(*) FROM tasks WHERE assigned_to = ?", (INACTIVE_ROLE,))
    assert left.fetchone()[0] == 1


def test_rules_are_ones_that_agentpm_accepts(rows: sqlite3.Connection) -> None:
    levels = set()
    for row in rows.execute("SELECT * FROM rules"):
        levels.add(row["enforcement_level"])
        assert re.fullmatch(r"[A-Z]{2,4}-\d{3}", row["rule_id"])
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["name"])
        assert 3 <= len(row["name"]) <= 100
        assert len(row["description"]) <= 500
        if row["config"]:
            assert isinstance(json.loads(row["config"]), dict)
    assert levels == {"BLOCK", "LIMIT", "GUIDE", "ENHANCE"}
    categories = {row[0] for row in rows.execute("SELECT DISTINCT category FROM rules")}
    assert len(categories) == 9


def test_dates_lie_in_the_past_in_a_sensible_order(rows: sqlite3.Connection) -> None:
    now = NOW.strftime("%Y-%m-%d %H:%M:%S")
    for row in rows.execute("SELECT * FROM tasks"):
        times = [row[n] for n in ("created_at", "started_at", "completed_at") if row[n]]
        assert times == sorted(times), row["id"]
        assert max(*times, row["updated_at"]) <= now
        assert (row["status"] in ("done", "cancelled")) == (row["completed_at"] is not None)
    ages = [
        (NOW.replace(tzinfo=None) - datetime.fromisoformat(row[0])).days
        for row in rows.execute("SELECT updated_at FROM contexts WHERE entity_type = 'task'")
    ]
    assert min(ages) <= 7
    assert 31 <= max(ages) < 180, "some contexts are old enough for the freshness warning"


def test_each_level_says_something_in_its_6w(rows: sqlite3.Connection) -> None:
    counted = Counter(row[0] for row in rows.execute("SELECT context_type FROM contexts"))
    assert counted["project_context"] == 1
    assert counted["work_item_context"] == 38
    assert counted["task_context"] == 275, "one task in twelve has none of its own"
    for row in rows.execute("SELECT six_w_data FROM contexts WHERE entity_type = 'task'"):
        six_w = json.loads(row[0])
        assert six_w["functional_requirements"] and six_w["implementers"]


def test_the_tech_stack_has_versions(rows: sqlite3.Connection) -> None:
    text = rows.execute(
        "SELECT confidence_factors FROM contexts WHERE context_type = 'project_context'"
    ).fetchone()[0]
    facts = json.loads(text)["plugin_facts"]
    assert facts["python"]["version"].startswith("3.")
    assert all(fact["version"] for fact in facts.values())


def test_sessions_left_summaries_that_agentpm_accepts(rows: sqlite3.Connection) -> None:
    summaries = rows.execute("SELECT * FROM work_item_summaries").fetchall()
    assert len(summaries) > 40
    done = {row[0] for row in rows.execute("SELECT id FROM tasks WHERE completed_at IS NOT NULL")}
    for row in summaries:
        assert len(row["summary_text"]) >= 10
        metadata = json.loads(row["context_metadata"])
        assert set(metadata["tasks_completed"]) <= done
        assert metadata["next_steps"]
