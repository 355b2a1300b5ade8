"""Makes an AgentPM-compatible project with believable content: a web shop and its agents."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from engine.demo.backlog import plan_backlog
from engine.demo.catalog import Catalog, Role, catalog
from engine.demo.records import (
    agent_records,
    context_records,
    dependency_records,
    insert,
    project_record,
    rule_records,
    summary_records,
    task_records,
    work_item_records,
)
from engine.demo.schema import create_schema
from engine.demo.sops import BROKEN_BYTES, sop_text
from engine.demo.staff import BROKEN_SOP_ROLE, staff
from engine.errors import ProjectError
from engine.storage.claimed import claimed_folder, remove_unclaimed

DEFAULT_SEED = 418
_WORKSHOP = ".taskstart-demo-"
"""Begins the names of folders in which demos are being made, beside where they will stand."""
_DATABASE = Path(".agentpm/data/agentpm.db")
_CONTEXTS = Path(".agentpm/contexts")
_AGENTS = Path(".claude/agents")


@dataclass(frozen=True, slots=True)
class DemoProject:
    """What was made, and where."""

    root: Path
    tasks: int
    agents: int


def make_demo(
    directory: Path | str,
    *,
    tasks: int = 300,
    agents: int = 40,
    seed: int = DEFAULT_SEED,
    now: datetime | None = None,
) -> DemoProject:
    """Make a demo project in a new or empty folder; it appears complete or not at all.

    The content depends on `seed`, `tasks`, `agents` and `now` (UTC; all dates are relative to it,
    default: the current time) alone, but for the project's own path.

    Raises:
        ProjectError: the folder holds something already, cannot be written, or a count is wrong.
    """
    if tasks < 1 or agents < 1:
        raise ProjectError(f"a demo of {tasks} tasks and {agents} agents", "ask for at least one")
    try:
        root = Path(directory).expanduser().absolute()
        str(root).encode()
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise ProjectError(f"{root} is not an empty folder", "choose a new or an empty one")
        root.parent.mkdir(parents=True, exist_ok=True)
        remove_half_made(root.parent)
        with claimed_folder(root.parent, _WORKSHOP) as workshop:
            made = workshop / "project"
            _fill(made, root, tasks, agents, seed, now or datetime.now(UTC))
            _move_into_place(made, root)
    except UnicodeEncodeError as error:
        raise ProjectError(
            f"cannot make a demo in {str(directory)!a}: the name is no Unicode text",
            "choose another name",
        ) from error
    except (OSError, RuntimeError, sqlite3.Error) as error:
        raise ProjectError(
            f"cannot make a demo in {directory}: {getattr(error, 'strerror', None) or error}",
            "choose a folder that you can write to",
        ) from error
    return DemoProject(root=root, tasks=tasks, agents=agents)


def remove_half_made(parent: Path) -> list[Path]:
    """Remove the half-made demos in `parent` whose makers were killed; tell which."""
    return remove_unclaimed(parent, _WORKSHOP)


def remove_demo(root: Path) -> None:
    """Remove the demo at `root`: it goes at once, and its files after that.

    Raises:
        OSError: it cannot be removed.
    """
    with claimed_folder(root.parent, _WORKSHOP) as workshop:
        root.rename(workshop / "project")


def _move_into_place(made: Path, root: Path) -> None:
    if not root.exists():
        made.rename(root)
        return
    # An existing folder may be a shell's current one, so it is filled and not replaced. What makes
    # it a project comes last.
    for name in sorted((item.name for item in made.iterdir()), key=lambda name: name == ".agentpm"):
        if (root / name).exists():
            raise ProjectError(f"{root} was filled by somebody else", "choose another folder")
        (made / name).rename(root / name)


def _fill(
    made: Path,
    root: Path,
    tasks: int,
    agents: int,
    seed: int,
    now: datetime,
) -> None:
    content = catalog()
    roles = staff(content, agents)
    for folder in (_DATABASE.parent, _CONTEXTS, _AGENTS):
        (made / folder).mkdir(parents=True)
    files = _write_sops(made, content, roles, seed)
    for name, text in content.shop.amalgamations.items():
        (made / _CONTEXTS / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
    (made / "README.md").write_text(_readme(content, tasks, agents), encoding="utf-8")

    moment = now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    random = Random(f"{seed}/backlog")
    items = plan_backlog(content, roles, tasks, moment, random)
    with closing(sqlite3.connect(made / _DATABASE)) as connection:
        # It is not a project yet: there is nothing to roll back to, and what has to survive a
        # power cut is synced once, at the end. None of this stays in the file.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA cache_size = -131072")
        create_schema(connection, moment)
        with connection:
            insert(connection, "projects", [project_record(content, root, moment)])
            insert(connection, "agents", agent_records(roles, files, moment))
            insert(connection, "rules", rule_records(content, moment))
            insert(connection, "work_items", work_item_records(items))
            insert(connection, "tasks", task_records(items))
            insert(connection, "task_dependencies", dependency_records(items))
            insert(connection, "work_item_summaries", summary_records(items, random))
            insert(connection, "contexts", context_records(content, items, moment))
    _sync(made / _DATABASE)


def _write_sops(made: Path, content: Catalog, roles: list[Role], seed: int) -> dict[str, str]:
    files = {}
    for role in roles:
        path = _AGENTS / f"{role.role}.md"
        if role.role == BROKEN_SOP_ROLE:
            (made / path).write_bytes(BROKEN_BYTES)
        else:
            text = sop_text(role, content.crafts, Random(f"{seed}/{role.role}"))
            (made / path).write_text(text, encoding="utf-8")
        files[role.role] = path.as_posix()
    return files


def _readme(content: Catalog, tasks: int, agents: int) -> str:
    return (
        f"# {content.shop.name}\n\n{content.shop.description}\n\n"
        f"A made-up project of {tasks} tasks and {agents} agents to try the TaskStart console on. "
        "Delete the folder whenever you like.\n"
    )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
