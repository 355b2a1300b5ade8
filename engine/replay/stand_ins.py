"""Texts in the place of those that a recording names and does not hold."""

from __future__ import annotations

import re

_JSON_COLUMNS = {
    "capabilities": "[]",
    "config": "{}",
    "confidence_factors": "{}",
    "context_data": "{}",
    "context_metadata": "{}",
    "metadata": "{}",
    "quality_metadata": "{}",
    "six_w_data": "{}",
}
"""Columns of JSON text, with what a new row gets."""
_MARK = re.compile(r" ?\[revision (\d+), its text was not recorded\]$")


def stand_in(column: str, cell: object) -> str:
    """A text that differs from `cell`, what the row holds now, and is none that anybody wrote.

    JSON keeps its meaning and changes its white space: the row is another, what the agent reads is
    not. Any other text gets a mark at its end.
    """
    text = cell if isinstance(cell, str) else ""
    if column in _JSON_COLUMNS:
        text = text or _JSON_COLUMNS[column]
        return text.removesuffix(" ") if text.endswith(" ") else f"{text} "
    mark = _MARK.search(text)
    number = int(mark[1]) + 1 if mark else 1
    plain = text[: mark.start()] if mark else text
    return f"{plain} [revision {number}, its text was not recorded]".lstrip()
