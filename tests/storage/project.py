"""A small AgentPM-like database for tests of storage, and processes that disturb it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE projects (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT,
  path TEXT NOT NULL, tech_stack TEXT DEFAULT '[]', detected_frameworks TEXT DEFAULT '[]',
  status TEXT DEFAULT 'active', created_at TIMESTAMP, updated_at TIMESTAMP);
CREATE TABLE work_items (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL,
  parent_work_item_id INTEGER, name TEXT NOT NULL, description TEXT, type TEXT, business_context TEXT,
  metadata TEXT, is_continuous INTEGER DEFAULT 0, effort_estimate_hours REAL, priority INTEGER,
  status TEXT, phase TEXT, due_date TIMESTAMP, not_before TIMESTAMP, created_at TIMESTAMP,
  updated_at TIMESTAMP);
CREATE TABLE tasks (id INTEGER PRIMARY KEY, work_item_id INTEGER NOT NULL, name TEXT NOT NULL,
  description TEXT, type TEXT, quality_metadata TEXT, effort_hours REAL, priority INTEGER DEFAULT 3,
  due_date TIMESTAMP, assigned_to TEXT, status TEXT DEFAULT 'active', blocked_reason TEXT,
  phase TEXT, created_at TIMESTAMP, updated_at TIMESTAMP, started_at TIMESTAMP,
  completed_at TIMESTAMP);
CREATE TABLE contexts (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, context_type TEXT,
  entity_type TEXT, entity_id INTEGER, six_w_data TEXT, confidence_factors TEXT, context_data TEXT,
  updated_at TIMESTAMP, UNIQUE(context_type, entity_type, entity_id));
CREATE INDEX idx_contexts_entity ON contexts(entity_type, entity_id);
CREATE TABLE agents (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, role TEXT NOT NULL,
  display_name TEXT, capabilities TEXT DEFAULT '[]', is_active INTEGER DEFAULT 1, file_path TEXT,
  UNIQUE(project_id, role));
CREATE TABLE rules (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, rule_id TEXT NOT NULL,
  name TEXT, description TEXT, category TEXT, enforcement_level TEXT, validation_logic TEXT,
  error_message TEXT, config TEXT, enabled INTEGER DEFAULT 1, UNIQUE(project_id, rule_id));
CREATE INDEX idx_rules_project ON rules(project_id);
CREATE TABLE work_item_summaries (id INTEGER PRIMARY KEY, work_item_id INTEGER NOT NULL,
  session_date TEXT, session_duration_hours REAL, summary_text TEXT, context_metadata TEXT,
  summary_type TEXT);
CREATE INDEX idx_wi_summaries_wi ON work_item_summaries(work_item_id, session_date DESC);
"""

CONTENT = """
INSERT INTO projects(id, name, path) VALUES (1, 'shop', '/shop'), (2, 'other', '/other');
INSERT INTO work_items(id, project_id, name) VALUES (10, 1, 'checkout'), (11, 99, 'orphan'),
  (12, 2, 'elsewhere');
INSERT INTO tasks(id, work_item_id, name, assigned_to) VALUES
  (100, 10, 'add a coupon', '  coder '), (101, 10, 'no agent', NULL), (102, 11, 'no project', 'coder'),
  (103, 88, 'no work item', 'coder'), (104, 12, 'second project', 'coder'), (105, 10, 'blank', '   ');
INSERT INTO contexts(project_id, context_type, entity_type, entity_id, six_w_data) VALUES
  (1, 'rules_context', 'project', 1, 'not this one'), (1, 'project_context', 'project', 1, 'P'),
  (1, 'work_item_context', 'work_item', 10, 'W'), (1, 'technical_context', 'task', 100, 'nor this'),
  (1, 'task_context', 'task', 100, 'T');
INSERT INTO agents(id, project_id, role, display_name) VALUES (1, 1, 'coder', 'Coder'),
  (2, 1, 'reviewer', 'Reviewer'), (3, 2, 'coder', 'The other coder'), (4, 1, '', 'Nobody');
INSERT INTO rules(project_id, rule_id, enforcement_level, enabled) VALUES (1, 'AB-002', 'LIMIT', 1),
  (1, 'AB-001', 'BLOCK', 1), (1, 'AB-003', 'BLOCK', 0), (2, 'XY-001', 'GUIDE', 1);
INSERT INTO work_item_summaries(id, work_item_id, session_date, summary_text) VALUES
  (1, 10, '2026-01-01', 'oldest'), (2, 10, '2026-01-03', 'newest'), (3, 10, '2026-01-02', 'middle'),
  (4, 10, '2026-01-03', 'newest, later'), (5, 12, '2026-05-05', 'elsewhere');
"""


def make_database(path: Path, journal_mode: str = "delete") -> Path:
    """Make a database with a few rows; it stays in the journal mode given."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal_mode}")
        connection.executescript(SCHEMA)
        connection.executescript(CONTENT)
        connection.commit()
    return path


def execute(path: Path, sql: str, *parameters: object) -> None:
    """Write as another connection would, and commit."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql, parameters)
        connection.commit()


def move(source: Path, target: Path) -> None:
    """Rename a file, as a tool that replaces databases would."""
    source.rename(target)


@contextmanager
def disturbed_by(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run Python code in another process; go on once it has printed a line; end it afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        assert process.stdout.readline(), "the other process has failed"
        yield process
    finally:
        process.kill()
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=10)


# With a change under way: a lock alone keeps nobody from knowing that nothing was committed.
LOCK_EXCLUSIVELY = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
connection.execute("CREATE TABLE half_made (content)")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
print("released", flush=True)
sys.stdin.readline()
"""

DIE_HALF_WAY = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 2")
connection.execute("BEGIN IMMEDIATE")
connection.execute("CREATE TABLE ballast (content BLOB)")
connection.execute("UPDATE tasks SET name = 'half-finished'")
for _ in range(500):
    connection.execute("INSERT INTO ballast VALUES (randomblob(4000))")
print("written", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""

COMMIT_ON_AND_ON = """
import mmap, sqlite3, struct, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("PRAGMA synchronous = OFF")
with open(sys.argv[2], "r+b") as file:
    committed = mmap.mmap(file.fileno(), 8)
number = 0
print("writing", flush=True)
while True:
    number += 1
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE tasks SET effort_hours = ? WHERE id = 100", (number,))
    connection.execute("UPDATE work_items SET effort_estimate_hours = ? WHERE id = 10", (number,))
    connection.execute("UPDATE projects SET description = ? WHERE id = 1", (str(number),))
    connection.execute("COMMIT")
    committed[:] = struct.pack("q", number)
"""
