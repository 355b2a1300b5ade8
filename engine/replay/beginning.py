"""A recording's beginning: what the project held before the writes that were recorded."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from engine.errors import WorkloadError
from engine.replay.events import Op, WorkloadEvent
from engine.replay.ports import Writer

_log = logging.getLogger(__name__)
_ROWS = frozenset(
    {Op.TASK_UPDATE, Op.WORK_ITEM_UPDATE, Op.AGENT_UPDATE, Op.CONTEXT_UPDATE, Op.RULE_UPDATE}
)


def beginnings(events: Iterable[WorkloadEvent]) -> list[WorkloadEvent]:
    """One write for each row that a recorded write changed, with the values that it had first."""
    rows: dict[tuple[Any, ...], tuple[WorkloadEvent, dict[str, Any]]] = {}
    for event in events:
        if event.op not in _ROWS or not event.was:
            continue
        key = (event.op, event.task_id, event.work_item_id, event.agent_role, event.rule_id)
        _, first = rows.setdefault(key, (event, {}))
        for name, value in event.was.items():
            first.setdefault(name, value)
    return [
        WorkloadEvent(
            t=0.0,
            op=event.op,
            changes=first,
            task_id=event.task_id,
            work_item_id=event.work_item_id,
            agent_role=event.agent_role,
            rule_id=event.rule_id,
        )
        for event, first in rows.values()
    ]


async def go_to_beginning(writer: Writer, events: Iterable[WorkloadEvent]) -> None:
    """Put the rows of a scratch copy back to what they were.

    Raises:
        DatabaseError: the scratch copy cannot be written.
    """
    for event in beginnings(events):
        try:
            await writer.apply(event)
        except WorkloadError as error:
            # The project has moved on too far; the recorded write may still be carried out.
            _log.info("not as it was: %s", error)
