"""What one line of a workload can say, and the check of a line for itself.

Every event has `t`, seconds since the workload's beginning, and `op`:

=================  ===========================================================================
`taskstart`        one TaskStart: `task_id`, `agent_role` (absent or null: the task's own)
`task_create`      `task_id` in the file, with `set` for its columns. A task that exists already
                   is left as it is: the commit changes no delivered value
`task_update`      `task_id`, `set`. Without `set` the commit changes no delivered value
`work_item_update` `work_item_id`, `set`
`agent_update`     `agent_role` (the row's role), `set`
`context_update`   `set` on the 6W context of `task_id`, else of `work_item_id`, else of the
                   project; the context is made if it is missing
`rule_update`      `rule_id` (like `DP-001`), `set`
`summary_add`      a session summary of `work_item_id`, or of the work item of `task_id`; `set`
                   holds `summary_text` (required), `session_date` (else the virtual day), ...
`sop_write`        the agent's SOP file: of `agent_role`, or `path` inside the project; `text`
                   is the whole new content, `append` is added at the end
`commit`           somebody committed and changed no delivered value
`setting`          `set` holds settings by path, `label` the words for the mark on the time
                   axis; `clear_caches` forgets every cached value, as a restart would
`note`             `text` is the caption from here on
=================  ===========================================================================

A recording cannot always say what was written. `texts` names columns whose new text was not
recorded: a replay changes them in a way of its own. `was` holds what columns of `set` held before:
a replay puts that in place before it begins, since the project may have moved on. A `sop_write`
with `texts` of `["text"]` changes the file that is there.

In `set` an object or list is stored as its JSON text. Columns that no writer of AgentPM changes
(ids, keys to other rows) are refused.
"""

from __future__ import annotations

import difflib
import enum
import math
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

import msgspec

from engine.errors import SettingError
from engine.settings import Settings, with_setting

LONGEST_WORKLOAD_S = 10 * 365.25 * 86_400.0
"""Times beyond ten years are no seconds since a beginning but, most likely, a Unix time."""

LARGEST_INTEGER = 2**63 - 1


class Op(enum.StrEnum):
    """What an event does."""

    TASKSTART = "taskstart"
    TASK_CREATE = "task_create"
    TASK_UPDATE = "task_update"
    WORK_ITEM_UPDATE = "work_item_update"
    AGENT_UPDATE = "agent_update"
    CONTEXT_UPDATE = "context_update"
    RULE_UPDATE = "rule_update"
    SUMMARY_ADD = "summary_add"
    SOP_WRITE = "sop_write"
    COMMIT = "commit"
    SETTING = "setting"
    NOTE = "note"

    @property
    def is_write(self) -> bool:
        """Whether it changes the scratch copy of the project."""
        return self not in _NO_WRITES


_NO_WRITES = frozenset({Op.TASKSTART, Op.SETTING, Op.NOTE})


class WorkloadEvent(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One line of a workload. `line` is its number in the file, 0 if it came from none."""

    t: float
    op: Op
    task_id: int | None = None
    agent_role: str | None = None
    changes: dict[str, Any] | None = msgspec.field(default=None, name="set")
    texts: list[str] | None = None
    was: dict[str, Any] | None = None
    work_item_id: int | None = None
    rule_id: str | None = None
    path: str | None = None
    text: str | None = None
    append: str | None = None
    label: str | None = None
    clear_caches: bool = False
    t_active: float | None = None
    """`t` with idle gaps cut, as some recordings carry it; not used."""
    source: str | None = None
    """Where the recording has this event from; not used."""
    line: int = 0

    @property
    def written(self) -> frozenset[str]:
        """The columns that it writes."""
        return frozenset(self.changes or ()) | frozenset(self.texts or ())


EVENT_KEYS = frozenset(WorkloadEvent.__struct_encode_fields__) - {"line"}

_TASK = frozenset(
    [
        "work_item_id",
        "name",
        "description",
        "type",
        "quality_metadata",
        "effort_hours",
        "priority",
        "assigned_to",
        "status",
        "blocked_reason",
        "due_date",
        "phase",
        "created_at",
        "updated_at",
        "started_at",
        "completed_at",
    ]
)
COLUMNS: Mapping[Op, frozenset[str]] = {
    Op.TASK_CREATE: _TASK,
    Op.TASK_UPDATE: _TASK,
    Op.WORK_ITEM_UPDATE: frozenset(
        [
            "name",
            "description",
            "type",
            "business_context",
            "metadata",
            "effort_estimate_hours",
            "priority",
            "status",
            "phase",
            "due_date",
            "not_before",
            "is_continuous",
            "created_at",
            "updated_at",
        ]
    ),
    Op.AGENT_UPDATE: frozenset(
        [
            "display_name",
            "description",
            "sop_content",
            "capabilities",
            "is_active",
            "agent_type",
            "file_path",
            "generated_at",
            "tier",
            "functional_category",
        ]
    ),
    Op.CONTEXT_UPDATE: frozenset(
        [
            "six_w_data",
            "confidence_score",
            "confidence_band",
            "confidence_factors",
            "context_data",
            "updated_at",
        ]
    ),
    Op.RULE_UPDATE: frozenset(
        [
            "name",
            "description",
            "category",
            "enforcement_level",
            "validation_logic",
            "error_message",
            "config",
            "enabled",
            "updated_at",
        ]
    ),
    Op.SUMMARY_ADD: frozenset(
        [
            "session_date",
            "session_duration_hours",
            "summary_text",
            "context_metadata",
            "summary_type",
            "created_at",
            "created_by",
        ]
    ),
}
"""The columns that `set` may name, by operation. Nothing else ever reaches an SQL text."""


def check_event(event: WorkloadEvent, previous_t: float) -> None:
    """Check what can be known of one event without a database.

    Raises:
        ValueError: what is wrong with it, without file and line.
    """
    _check_time(event.t, previous_t)
    for number in (event.task_id, event.work_item_id):
        if number is not None and abs(number) > LARGEST_INTEGER:
            raise ValueError(f"{number} is too large for an id")
    _require(event)
    if event.op is Op.SETTING:
        _check_settings(event)
    elif event.op is not Op.SOP_WRITE or event.changes:
        for columns in (event.changes, dict.fromkeys(event.texts or ()), event.was):
            if columns:
                _check_columns(event.op, columns)


def _check_time(t: float, previous_t: float) -> None:
    if not math.isfinite(t) or t < 0:
        raise ValueError(f"t is {t}, it must be 0 or more seconds since the beginning")
    if t > LONGEST_WORKLOAD_S:
        raise ValueError(
            f"t is {t:.0f}, more than ten years: t counts seconds since the beginning, "
            "so subtract the first event's time from all"
        )
    if t < previous_t:
        raise ValueError(f"t goes back from {previous_t:g} to {t:g}: sort the events by time")


_REQUIRED: Mapping[Op, tuple[str, ...]] = {
    Op.TASKSTART: ("task_id",),
    Op.TASK_CREATE: ("task_id",),
    Op.TASK_UPDATE: ("task_id",),
    Op.WORK_ITEM_UPDATE: ("work_item_id",),
    Op.AGENT_UPDATE: ("agent_role",),
    Op.RULE_UPDATE: ("rule_id",),
    Op.NOTE: ("text",),
}


def _require(event: WorkloadEvent) -> None:
    for name in _REQUIRED.get(event.op, ()):
        if getattr(event, name) is None:
            raise ValueError(f"{event.op} needs {name}")
    match event.op:
        case Op.SUMMARY_ADD:
            if event.work_item_id is None and event.task_id is None:
                raise ValueError("summary_add needs work_item_id or task_id")
            unrecorded = "summary_text" in (event.texts or ())
            if not unrecorded and not isinstance((event.changes or {}).get("summary_text"), str):
                raise ValueError("summary_add needs summary_text, a text, in set")
        case Op.SOP_WRITE:
            _check_sop(event)
        case Op.SETTING:
            if not event.changes and not event.clear_caches:
                raise ValueError("setting needs set with at least one setting")
        case _:
            pass


def _check_sop(event: WorkloadEvent) -> None:
    unrecorded = event.texts == ["text"] and event.text is None
    if (event.text is None) == (event.append is None) and not unrecorded:
        raise ValueError("sop_write needs either text or append")
    if event.agent_role is None and event.path is None:
        raise ValueError("sop_write needs agent_role or path")
    if event.path is not None:
        check_relative_path(event.path)


def check_relative_path(path: str) -> None:
    """Refuse a path that could leave the project.

    Raises:
        ValueError: it is absolute, climbs, is empty or holds a NUL.
    """
    parts = PurePosixPath(path)
    if not path or "\0" in path or "\\" in path or parts.is_absolute() or ".." in parts.parts:
        raise ValueError(f"path {path!r} is not a path inside the project")


def _check_settings(event: WorkloadEvent) -> None:
    settings = Settings()
    for path, value in (event.changes or {}).items():
        try:
            settings = with_setting(settings, path, value)
        except SettingError as error:
            raise ValueError(str(error)) from None


def _check_columns(op: Op, changes: Mapping[str, Any]) -> None:
    allowed = COLUMNS.get(op)
    if allowed is None:
        raise ValueError(f"{op} takes no set")
    for name, value in changes.items():
        if name not in allowed:
            raise ValueError(f"{op} cannot set {name!r}{nearest(name, allowed)}")
        _check_value(name, value)


def _check_value(name: str, value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} is {value}, which is no number")
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise ValueError(f"{name} is too large")


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint `: did you mean ...?` for a word that is not known; empty when nothing is near."""
    near = difflib.get_close_matches(word, known, n=1)
    return f": did you mean {near[0]!r}?" if near else ""
