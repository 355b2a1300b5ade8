"""What a caller may say: which task, and for which agent role."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.errors import NotFoundError, RequestError

_INTEGRAL = re.compile(
    r"[ \t\n\v\f\r]*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?[ \t\n\v\f\r]*", re.ASCII
)
_LARGEST_ROWID = 2**63 - 1
_NAMED_KEPT = 1_000


class Request(NamedTuple):
    """A checked request; it is also the key of its answer in the caches (see `OwnRoles`).

    `agent_role` is None when the task's own assignment decides.
    """

    task_id: int
    agent_role: str | None


class OwnRoles:
    """What is known of tasks' own roles, so that naming a task's own role asks for the same answer.

    Only a hint, as of when an answer was last made: who relies on it compares the answer's role.
    """

    def __init__(self, most: int = 100_000) -> None:
        """At most `most` tasks are remembered."""
        self._most = most
        self._roles: dict[int, str | None] = {}
        self._named: dict[Request, None] = {}

    def note(self, task_id: int, role: str | None) -> None:
        """The task's own role is `role`."""
        self._roles[task_id] = role
        if len(self._roles) > self._most:
            del self._roles[next(iter(self._roles))]

    def key_of(self, request: Request) -> Request:
        """The key under which the answer to `request` is cached."""
        role = request.agent_role
        if role is not None and self._roles.get(request.task_id) == role:
            return Request(request.task_id, None)
        return request

    def note_named(self, request: Request) -> None:
        """`request` has named the task's own role: to be prepared once that is another one."""
        self._named[request] = None
        if len(self._named) > _NAMED_KEPT:
            del self._named[next(iter(self._named))]

    def estranged(self) -> list[Request]:
        """Requests that named a role which is the task's own no longer."""
        return [request for request in self._named if self.key_of(request) is request]


def parse_request(task_id: object, agent_role: object = None) -> Request:
    """Check a caller's words.

    45, 45.0 and "45" mean task 45, as they do for SQLite's integer keys. An empty role means the
    same as none.

    Raises:
        RequestError: the id is missing or of a wrong type, or the role is not usable text.
        NotFoundError: the id is of a right type but cannot name any task.
    """
    if type(task_id) is int and agent_role is None and 0 < task_id <= _LARGEST_ROWID:
        return Request(task_id, None)  # what nearly every caller says
    if agent_role is not None and not isinstance(agent_role, str):
        raise RequestError(f"agent_role must be text or null, not {type(agent_role).__name__}")
    if agent_role and not _is_encodable(agent_role):
        raise RequestError("agent_role holds characters that are not valid Unicode text")
    return Request(_parse_task_id(task_id), agent_role or None)


def _parse_task_id(task_id: object) -> int:
    if isinstance(task_id, bool) or not isinstance(task_id, int | float | str | None):
        raise RequestError(f"task_id must be a whole number, not {type(task_id).__name__}")
    if task_id is None or task_id in {0, ""}:
        raise RequestError("task_id is required")
    number = _as_integer(task_id)
    if number is None or not 0 < number <= _LARGEST_ROWID:
        shown = str(task_id).encode("utf-8", "replace").decode()[:40]
        raise NotFoundError(f"Task {shown} not found", "taskstart needs the id of an existing task")
    return number


def _as_integer(value: int | float | str) -> int | None:
    if isinstance(value, str):
        if not _INTEGRAL.fullmatch(value) or len(value) > 64:
            return None
        value = value.strip()
        if value.lstrip("+-").isdigit():
            return int(value)
        value = float(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
