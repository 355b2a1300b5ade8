"""Every failure that the engine reports, as one family of exceptions.

Each carries what failed, and where there is one a `remedy`: the next thing a person can do.
None of them is ever rendered as if it were a task's context.
"""

from __future__ import annotations


class TaskStartError(Exception):
    """Base of all failures that the engine reports on purpose.

    Attributes:
        reason: one line that says what failed and where.
        remedy: one line that says what to do next; empty where nothing is to be done.
    """

    code = "error"

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.reason}: {self.remedy}" if self.remedy else self.reason


class RequestError(TaskStartError):
    """The request itself is wrong (a task id of a wrong type, a role that is not text)."""

    code = "bad_request"


class NotFoundError(TaskStartError):
    """The task, its work item or its project does not exist."""

    code = "not_found"


class InactiveAgentError(TaskStartError):
    """The effective agent role exists and is inactive."""

    code = "inactive_agent"


class ProjectError(TaskStartError):
    """The folder is not a usable AgentPM project."""

    code = "project"


class DatabaseError(TaskStartError):
    """The project's database cannot be read now."""

    code = "database"


class DatabaseMissingError(DatabaseError):
    """The project has no database file."""

    code = "database_missing"


class DatabaseSchemaError(DatabaseError):
    """The database lacks tables or columns that a TaskStart reads."""

    code = "database_schema"


class DatabaseBusyError(DatabaseError):
    """Another process held a lock for longer than the busy time-out."""

    code = "database_busy"


class DatabaseHotJournalError(DatabaseError):
    """A writer was killed mid-commit; nobody can read until the journal is rolled back."""

    code = "database_hot_journal"


class DatabaseCorruptError(DatabaseError):
    """The file is not a database, or its pages are damaged."""

    code = "database_corrupt"


class DatabasePermissionError(DatabaseError):
    """The file or its folder cannot be read or opened by this user."""

    code = "database_permission"


class SettingError(TaskStartError):
    """An unknown setting, or a value that it does not take."""

    code = "setting"


class WorkloadError(TaskStartError):
    """A workload or scenario file is malformed; the reason names the file and the line."""

    code = "workload"


class ServiceError(TaskStartError):
    """The engine's process cannot be started or reached."""

    code = "service"


class TimeoutExceededError(TaskStartError):
    """Something that leaves the process took longer than its time-out."""

    code = "timeout"
