"""What one TaskStart asks the database, without asking it: queries out, rows in.

The chain (each row names the next) is a generator that yields queries and is sent their rows, so
that one description serves blocking, threaded and asynchronous loading.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.storage.rows import TASK_COLUMNS, Cell, Row, RowBundle
from engine.storage.statements import (
    BATCH,
    BATCH_SLICES,
    BY_ID,
    BY_TASK,
    UNICODE_WHITESPACE,
    StatementName,
)

_ASSIGNED_TO: Final = TASK_COLUMNS.index("assigned_to")
_WORK_ITEM_ID: Final = TASK_COLUMNS.index("work_item_id")
_PROJECT_ID_OF_WORK_ITEM: Final = 1
_SUMMARY: Final = BATCH_SLICES["summary"]
_ENTITY_SLICES: Final = [part for alias, part in BATCH_SLICES.items() if alias != "summary"]
_SMALLEST_ID: Final = -(2**63)
_LARGEST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Query:
    """One statement with its parameters."""

    name: StatementName
    sql: str
    parameters: dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one TaskStart; `rules` is None when they were not asked for."""

    bundle: RowBundle
    rules: Sequence[Row] | None


Chain = Generator[Query, list[Row], Rows]


def is_possible_id(task_id: int) -> bool:
    """Whether SQLite can hold this integer at all; a task of any other id does not exist."""
    return _SMALLEST_ID <= task_id <= _LARGEST_ID


def nothing(*, want_rules: bool) -> Rows:
    """The rows of a task that does not exist."""
    return Rows(RowBundle(None), () if want_rules else None)


def bindable(role: str | None) -> Cell:
    """A role as a parameter: None for no override, bytes for text that UTF-8 cannot hold.

    Bytes equal no text in SQLite, so that such a role finds no agent.
    """
    if not role:
        return None
    try:
        role.encode()
    except UnicodeEncodeError:
        return role.encode("utf-8", "surrogatepass")
    return role


def assigned_role(task: Row) -> str | None:
    """The task's own role without surrounding whitespace; None when blank or not UTF-8."""
    assigned = task[_ASSIGNED_TO]
    if isinstance(assigned, bytes):
        try:
            assigned = assigned.decode()
        except UnicodeDecodeError:
            return None
    if assigned is None:
        return None
    return str(assigned).strip() or None


# ---- the chain ------------------------------------------------------------------------------


def chain(
    task_id: int, agent_role: str | None, *, want_rules: bool, agent_lookups: int = 1
) -> Chain:
    """Ask row by row, in the order in which each names the next; stop at the first missing one.

    Args:
        task_id: the task.
        agent_role: overrides the task's own role when not empty.
        want_rules: also ask for the project's rules.
        agent_lookups: how often the agent's row is asked for; the baseline does it once more for
            each of its two filters.
    """
    task = _first((yield _by_id(StatementName.TASK, task_id)))
    if task is None:
        return nothing(want_rules=want_rules)
    work_item_id = task[_WORK_ITEM_ID]
    work_item = _first((yield _by_id(StatementName.WORK_ITEM, work_item_id)))
    if work_item is None:
        return _without_parents(RowBundle(task), want_rules=want_rules)
    project_id = work_item[_PROJECT_ID_OF_WORK_ITEM]
    project = _first((yield _by_id(StatementName.PROJECT, project_id)))
    if project is None:
        return _without_parents(RowBundle(task, work_item), want_rules=want_rules)
    project_context = _first((yield _by_id(StatementName.PROJECT_CONTEXT, project_id)))
    work_item_context = _first((yield _by_id(StatementName.WORK_ITEM_CONTEXT, work_item_id)))
    task_context = _first((yield _by_id(StatementName.TASK_CONTEXT, task_id)))
    agent, assigned_agent = yield from _agents(task, project_id, agent_role, agent_lookups)
    summaries = yield _by_id(StatementName.SUMMARIES, work_item_id)
    rules = (yield _by_id(StatementName.RULES, project_id)) if want_rules else None
    bundle = RowBundle(
        task=task,
        work_item=work_item,
        project=project,
        project_context=project_context,
        work_item_context=work_item_context,
        task_context=task_context,
        agent=agent,
        assigned_agent=assigned_agent,
        summaries=tuple(summaries),
    )
    return Rows(bundle, None if rules is None else tuple(rules))


def _agents(
    task: Row, project_id: Cell, agent_role: str | None, agent_lookups: int
) -> Generator[Query, list[Row], tuple[Row | None, Row | None]]:
    """The rows of the effective agent and of the task's own."""
    assigned = assigned_role(task)
    override = bindable(agent_role)
    agent = assigned_agent = None
    effective = override if override is not None else assigned
    if effective is not None:
        for _ in range(agent_lookups):
            agent = _first((yield _agent(project_id, effective)))
    if assigned is not None:
        if override is None and agent_lookups == 1:
            assigned_agent = agent
        else:
            assigned_agent = _first((yield _agent(project_id, assigned)))
    return agent, assigned_agent


def drive(steps: Chain, execute: Callable[[Query], list[Row]]) -> Rows:
    """Answer every query of a chain with a blocking function."""
    query = next(steps)
    while True:
        try:
            query = steps.send(execute(query))
        except StopIteration as end:
            rows: Rows = end.value
            return rows


def _by_id(name: StatementName, entity_id: Cell) -> Query:
    return Query(name, BY_ID[name], {"id": entity_id})


def _agent(project_id: Cell, role: Cell) -> Query:
    name = StatementName.AGENT
    return Query(name, BY_ID[name], {"id": project_id, "role": role})


def _first(found: Sequence[Row]) -> Row | None:
    return found[0] if found else None


def _without_parents(bundle: RowBundle, *, want_rules: bool) -> Rows:
    return Rows(bundle, () if want_rules else None)


# ---- everything in one statement ------------------------------------------------------------


def batch(task_id: int, agent_role: str | None) -> Query:
    """All rows but the rules, in one statement."""
    parameters: dict[str, Cell] = {
        "task": task_id,
        "role": bindable(agent_role),
        "whitespace": UNICODE_WHITESPACE,
    }
    return Query(StatementName.BATCH, BATCH, parameters)


def split_batch(found: Sequence[Row], agent_role: str | None) -> RowBundle:
    """Take the result rows of a batch apart."""
    if not found:
        return RowBundle(None)
    first = found[0]
    task, work_item, project, project_context, work_item_context, task_context, agent, assigned = [
        first[part] if first[part.start] is not None else None for part in _ENTITY_SLICES
    ]
    summaries = tuple([row[_SUMMARY] for row in found if row[_SUMMARY.start] is not None])
    bundle = RowBundle(
        task,
        work_item,
        project,
        project_context,
        work_item_context,
        task_context,
        agent,
        assigned,
        summaries,
    )
    return _as_the_chain_would(bundle, agent_role)


# ---- everything at the same time ------------------------------------------------------------


def flat(task_id: int, agent_role: str | None, *, want_rules: bool) -> list[tuple[str, Query]]:
    """One query per row, none of which needs another's answer; with the row's place each."""
    override = bindable(agent_role)
    wanted = [
        (name.value, _by_task(name, task_id, None))
        for name in BY_TASK
        if name is not StatementName.RULES or want_rules
    ]
    wanted = [pair for pair in wanted if pair[0] != StatementName.AGENT]
    wanted.append(("assigned_agent", _by_task(StatementName.AGENT, task_id, None)))
    if override is not None:
        wanted.append(("agent", _by_task(StatementName.AGENT, task_id, override)))
    return wanted


def _by_task(name: StatementName, task_id: int, role: Cell) -> Query:
    parameters: dict[str, Cell] = {"task": task_id}
    if name is StatementName.AGENT:
        parameters |= {"role": role, "whitespace": UNICODE_WHITESPACE}
    return Query(name, BY_TASK[name], parameters)


def join_flat(found: dict[str, list[Row]], agent_role: str | None) -> Rows:
    """Put the results of `flat` together."""
    task = _first(found["task"])
    rules = tuple(found["rules"]) if "rules" in found else None
    if task is None:
        return Rows(RowBundle(None), rules)
    assigned_agent = _first(found["assigned_agent"])
    bundle = RowBundle(
        task=task,
        work_item=_first(found["work_item"]),
        project=_first(found["project"]),
        project_context=_first(found["project_context"]),
        work_item_context=_first(found["work_item_context"]),
        task_context=_first(found["task_context"]),
        agent=_first(found["agent"]) if "agent" in found else assigned_agent,
        assigned_agent=assigned_agent,
        summaries=tuple(found["summaries"]),
    )
    return Rows(_as_the_chain_would(bundle, agent_role), rules)


def _as_the_chain_would(bundle: RowBundle, agent_role: str | None) -> RowBundle:
    """Drop what only a statement that cannot stop half-way has found."""
    if bundle.project is None:
        return RowBundle(bundle.task, bundle.work_item)
    assigned = bundle.task[_ASSIGNED_TO] if bundle.task is not None else None
    if isinstance(assigned, bytes) and bundle.task is not None and not assigned_role(bundle.task):
        # SQL compares bytes that are no text; no role is named by them.
        return replace(bundle, assigned_agent=None, agent=bundle.agent if agent_role else None)
    return bundle
