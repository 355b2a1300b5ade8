"""What is logged while a command runs, said as its notes are."""

from __future__ import annotations

import logging

from engine.cli.reporting import note


class _NoteHandler(logging.Handler):
    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def emit(self, record: logging.LogRecord) -> None:
        note(record.getMessage(), as_json=self._as_json)


def log_as_notes(level: int, *, as_json: bool) -> None:
    """Say what is logged from `level` on; nothing changes where that has been settled already."""
    logging.basicConfig(level=level, handlers=[_NoteHandler(as_json=as_json)])
