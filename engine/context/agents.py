"""Agents as the database knows them: whether they may work, what they can do, where their SOP is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.context.capabilities import Capabilities
from engine.context.decode import UnusableError, as_text, as_text_list, unusable
from engine.errors import InactiveAgentError
from engine.storage.rows import Cell, Row

LONGEST_ROLE: Final = 100


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """One usable or partly usable `agents` row."""

    row_id: Cell
    role: str
    active: bool
    file_path: str | None
    """Where the row says the SOP is, relative to the project; None where it says nothing usable."""
    capabilities: Capabilities
    """Lower-cased; empty where the row has none, or is unusable: then nothing is filtered."""
    warnings: tuple[str, ...] = ()

    @property
    def filter(self) -> Capabilities:
        """The capabilities by which context is filtered: none for an inactive agent."""
        return self.capabilities if self.active else ()


def decode_agent(row: Row | None, role: str) -> AgentRecord | None:
    """The agent of `role`; None where the project has no such row.

    A row with an unusable column is left out as far as it would filter, with a warning; its
    `file_path`, if that is usable, still names the SOP.
    """
    if row is None:
        return None
    row_id, _, _, display_name, capabilities_cell, is_active, file_path_cell = row
    warnings: list[str] = []

    def warn(column: str, why: str) -> None:
        warnings.append(unusable("agents", row_id, column, why))

    if len(role) > LONGEST_ROLE:
        warn("role", f"longer than {LONGEST_ROLE} characters")
    try:
        if not (as_text(display_name) or "").strip():
            warn("display_name", "empty")
    except UnusableError as error:
        warn("display_name", str(error))
    capabilities: Capabilities = ()
    try:
        capabilities = tuple(name.lower() for name in as_text_list(capabilities_cell))
    except UnusableError as error:
        warn("capabilities", str(error))
    if warnings:
        capabilities = ()
    file_path: str | None = None
    try:
        file_path = (as_text(file_path_cell) or "").strip() or None
    except UnusableError as error:
        warn("file_path", str(error))
    return AgentRecord(row_id, role, bool(is_active), file_path, capabilities, tuple(warnings))


def effective_role(agent_role: str | None, assigned_to: str | None) -> str | None:
    """The role a TaskStart is for: the request's if it names one, else the task's own."""
    return agent_role or assigned_to


def require_active(agent: AgentRecord | None) -> None:
    """Refuse an inactive agent; an agent without a row is not an error.

    Raises:
        InactiveAgentError: the agent's row says that it is inactive.
    """
    if agent is not None and not agent.active:
        raise InactiveAgentError(
            f"Invalid agent assignment: Agent role '{agent.role}' is inactive",
            "activate the agent, or assign the task to another role",
        )
