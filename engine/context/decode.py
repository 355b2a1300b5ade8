"""Cells of one row to typed values, with a warning for each value that cannot be used."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from engine.context.json_text import JsonTextError, decode_json, decode_json_twice
from engine.storage.rows import Cell

LONGEST_NAME: Final = 200
DEFAULT_PRIORITY: Final = 3
_LONGEST_SHOWN: Final = 80
_ONLY_TEXT: Final = frozenset((str,))
_PRIORITIES: Final = frozenset(range(1, 6))


class UnusableError(Exception):
    """One cell cannot be used; the message says why, in a few words."""


def unusable(table: str, row_id: Cell, column: str, why: str) -> str:
    """The warning for a value that is left out."""
    name = row_id.decode("utf-8", "replace") if isinstance(row_id, bytes) else row_id
    return f"{table} {name}: {column} unusable ({why})"


def shown(text: str) -> str:
    """A text from outside in a form that fits into a one-line message."""
    brief = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return brief if brief.isprintable() else repr(brief)


def as_text(cell: Cell) -> str | None:
    """A cell as text, not stripped; a BLOB counts as the text it holds.

    Raises:
        UnusableError: the bytes are not UTF-8.
    """
    if cell is None or type(cell) is str:
        return cell
    if isinstance(cell, bytes):
        try:
            return cell.decode("utf-8")
        except UnicodeDecodeError:
            raise UnusableError("not valid UTF-8") from None
    return str(cell)


def as_moment(cell: Cell) -> datetime | None:
    """A cell as a date-time as AgentPM reads one: null where empty or not ISO 8601.

    Raises:
        UnusableError: the bytes are not UTF-8.
    """
    if isinstance(cell, (int, float)):
        return None
    text = as_text(cell)
    if not text:
        return None
    try:
        return datetime.fromisoformat(text.replace(" ", "T"))
    except ValueError:
        return None


def as_json(cell: Cell) -> Any:
    """A cell as decoded JSON; null and the empty text give None.

    Raises:
        UnusableError: it is not JSON, or not UTF-8.
    """
    text = as_text(cell)
    if not text:
        return None
    try:
        return decode_json(text)
    except JsonTextError as error:
        raise UnusableError(str(error)) from None


def as_object(cell: Cell) -> dict[str, Any] | None:
    """A cell as a JSON object or None; JSON written twice is decoded twice.

    Raises:
        UnusableError: it is not JSON, not an object, or not UTF-8.
    """
    text = as_text(cell)
    if not text:
        return None
    try:
        value = decode_json_twice(text)
    except JsonTextError as error:
        raise UnusableError(str(error)) from None
    if value is None or isinstance(value, dict):
        return value
    raise UnusableError("not a JSON object")


def as_text_list(cell: Cell) -> list[str]:
    """A cell as a JSON list of texts, each stripped; a single text counts as a list of one.

    Raises:
        UnusableError: it is missing, not JSON, not UTF-8, or not a list of texts.
    """
    if cell is None:
        raise UnusableError("missing")
    text = as_text(cell)
    try:
        value = decode_json(text or "")
    except JsonTextError as error:
        raise UnusableError(str(error)) from None
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not _ONLY_TEXT.issuperset(map(type, value)):
        raise UnusableError("not a JSON list of texts")
    return [item.strip() for item in value]


class RowReader:
    """Reads the cells of one row; whatever is unusable becomes null and adds a warning."""

    __slots__ = ("_row_id", "_table", "_warnings")

    def __init__(self, table: str, row_id: Cell, warnings: list[str]) -> None:
        self._table = table
        self._row_id = row_id
        self._warnings = warnings

    def warn(self, column: str, why: str) -> None:
        """Say that the value of `column` is left out."""
        self._warnings.append(unusable(self._table, self._row_id, column, why))

    def text(self, column: str, cell: Cell) -> str | None:
        """A text without the blanks around it."""
        if type(cell) is str:
            return cell.strip()
        try:
            text = as_text(cell)
        except UnusableError as error:
            self.warn(column, str(error))
            return None
        return None if text is None else text.strip()

    def filled_text(
        self, column: str, cell: Cell, longest: int | None = LONGEST_NAME
    ) -> str | None:
        """A text that must not be empty, and not be longer than `longest` characters."""
        if isinstance(cell, bytes) and self._undecodable(column, cell):
            return None
        text = self.text(column, cell)
        if not text:
            self.warn(column, "missing" if text is None else "empty")
            return None
        if longest is not None and len(text) > longest:
            self.warn(column, f"longer than {longest} characters")
            return None
        return text

    def choice(
        self, column: str, cell: Cell, allowed: frozenset[str], *, optional: bool = False
    ) -> str | None:
        """One of a closed set of words; an `optional` one may be null or empty."""
        if cell in allowed:
            return str(cell)
        if optional and not cell:
            return None
        try:
            text = as_text(cell)
        except UnusableError as error:
            self.warn(column, str(error))
            return None
        if text in allowed:
            return text
        self.warn(column, "missing" if text is None else f"unknown value {text[:_LONGEST_SHOWN]!r}")
        return None

    def priority(self, column: str, cell: Cell) -> int:
        """A priority of 1 to 5; 3, the schema's default, where it is unusable."""
        if cell in _PRIORITIES and isinstance(cell, (int, float)):
            return int(cell)
        self.warn(column, "missing" if cell is None else "not a whole number from 1 to 5")
        return DEFAULT_PRIORITY

    def number(self, column: str, cell: Cell, *, most: float | None = None) -> float | None:
        """A number of at least 0 and at most `most`."""
        if cell is None:
            return None
        if not isinstance(cell, (int, float)):
            self.warn(column, "not a number")
            return None
        if cell < 0 or (most is not None and cell > most):
            self.warn(column, "below 0" if cell < 0 else f"above {most:g}")
            return None
        return float(cell)

    def positive_id(self, column: str, cell: Cell) -> int | None:
        """The id of another row, or null."""
        if cell is None:
            return None
        if isinstance(cell, int) and cell > 0:
            return cell
        self.warn(column, "not a positive whole number")
        return None

    def moment(self, column: str, cell: Cell) -> str | None:
        """A date-time in ISO 8601 as Python writes it; null where it is none."""
        if cell is None:
            return None
        try:
            moment = as_moment(cell)
        except UnusableError as error:
            self.warn(column, str(error))
            return None
        return None if moment is None else moment.isoformat()

    def json_object(self, column: str, cell: Cell) -> dict[str, Any] | None:
        """A JSON object, or null."""
        if cell is None:
            return None
        try:
            return as_object(cell)
        except UnusableError as error:
            self.warn(column, str(error))
            return None

    def text_list(self, column: str, cell: Cell) -> list[str] | None:
        """A JSON list of texts."""
        try:
            return as_text_list(cell)
        except UnusableError as error:
            self.warn(column, str(error))
            return None

    def _undecodable(self, column: str, cell: bytes) -> bool:
        try:
            as_text(cell)
        except UnusableError as error:
            self.warn(column, str(error))
            return True
        return False
