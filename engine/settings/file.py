"""The project's `taskstart.toml`: read with clear errors, written with comments and order kept.

The file holds settings by their dotted paths as TOML tables::

    freshness = "strict"
    optimizations = [1, 2, 7]

    [caches.answers]
    ttl_seconds = "1 day"     # or 86400
"""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import SettingError
from engine.settings.model import Settings
from engine.settings.registry import SETTING_SPECS, get_setting, with_setting
from engine.settings.words import plain

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

# tomlkit keeps comments and takes 50 ms to import: it is imported where a file is written only.

FILE_NAME = "taskstart.toml"
MAX_FILE_BYTES = 1 << 20

_HEADER = re.compile(r"^\s*\[\s*(?P<name>[^\[\]]+?)\s*\]")
_KEY = re.compile(r"^\s*(?P<name>[\w.\"' -]+?)\s*=")


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting whose value in force is not what the file would give."""

    path: str
    in_file: Any
    """What a start with this file would give: the file's value, or else the default."""
    now: Any


def settings_file(root: Path) -> Path:
    """Where the settings of the project at `root` are."""
    return root / FILE_NAME


def load_settings(path: Path, base: Settings | None = None) -> Settings:
    """`base` (the defaults) with the file's values; `base` itself if there is no file.

    Raises:
        SettingError: the file cannot be read, is no TOML, or holds an unknown setting or a wrong
            value; the reason names the file and the line.
    """
    settings = base if base is not None else Settings()
    text = _read(path)
    if text is None:
        return settings
    for name, value in _values(_parse(path, text)):
        try:
            settings = with_setting(settings, name, value)
        except SettingError as error:
            place = _place(path, text, name)
            what = error.reason if name in error.reason else f"{name}: {error.reason}"
            raise SettingError(f"{place}: {what}", error.remedy) from error
    return settings


def diff_settings(path: Path, now: Settings) -> list[Difference]:
    """What would change if the engine were started again with the file as it is.

    Raises:
        SettingError: as for `load_settings`.
    """
    in_file = load_settings(path)
    return [
        Difference(name, get_setting(in_file, name), get_setting(now, name))
        for name in _SAVED_PATHS
        if get_setting(in_file, name) != get_setting(now, name)
    ]


def save_settings(path: Path, now: Settings) -> list[str]:
    """Write `now` and return the paths whose values in the file changed.

    Written are only settings that are in the file already or differ from the defaults. Comments,
    order and everything else in the file stay as they are, and the file is replaced in one step.
    A relative path, blocking: for a thread.

    Raises:
        SettingError: the file cannot be read as settings (it is not touched then) or written.
    """
    import tomlkit

    before = load_settings(path)
    text = _read(path) or ""
    there = dict(_values(_parse(path, text)))
    document = tomlkit.parse(text)
    defaults = Settings()
    changed = []
    for name in _SAVED_PATHS:
        value = get_setting(now, name)
        if value == get_setting(before, name):
            continue
        if value == get_setting(defaults, name) and not _is_there(name, there):
            continue
        _put(document, name, value, there)
        changed.append(name)
    if changed:
        _write(path, _spaced(text, tomlkit.dumps(document)))
    return changed


_SAVED_PATHS = tuple(name for name in SETTING_SPECS if not name.startswith("optimizations."))
"""The optimizations are saved as one list."""


def _read(path: Path) -> str | None:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise SettingError(f"{path} is larger than {MAX_FILE_BYTES:,} bytes")
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise SettingError(f"{path} is not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise SettingError(f"{path} cannot be read ({error.strerror})") from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at ")
        line = where.removesuffix(")").split(",")[0]
        at = f", {line}" if line.startswith("line") else f", line {len(text.splitlines())}"
        raise SettingError(f"{path}{at}: {what}", "see https://toml.io for the format") from error


def _values(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Settings of a parsed file, by dotted path, as plain values."""
    for key, item in table.items():
        name = f"{prefix}{key}"
        if isinstance(item, Mapping):
            yield from _values(item, f"{name}.")
            continue
        if name == "optimizations" and isinstance(item, list):
            yield name, ",".join(str(number) for number in item)
        else:
            yield name, item


def _is_there(name: str, there: Mapping[str, Any]) -> bool:
    return name in there or any(other.startswith(f"{name}.") for other in there)


def _put(document: TOMLDocument, name: str, value: Any, there: Mapping[str, Any]) -> None:
    if name == "optimizations":
        _put_optimizations(document, value, there)
        return
    import tomlkit

    *tables, key = name.split(".")
    table: Any = document
    for part in tables:
        if part not in table:
            # A table that only holds tables needs no header line of its own.
            table[part] = tomlkit.table(is_super_table=part != tables[-1])
        table = table[part]
    _set(table, key, plain(value))


def _put_optimizations(document: TOMLDocument, text: str, there: Mapping[str, Any]) -> None:
    """As a table of switches where the file has one, else as `"all"`, `"none"` or a list."""
    chosen = {int(item) for item in text.split(",")} if text not in ("all", "none") else set()
    switches = document.get("optimizations")
    if isinstance(switches, Mapping):
        for number in range(1, 9):
            on = text == "all" or number in chosen
            if f"optimizations.{number}" in there or not on:
                _set(switches, str(number), on)
        return
    _set(document, "optimizations", sorted(chosen) if chosen else text)


def _set(table: Any, key: str, value: Any) -> None:
    """Replace a value and keep the comment and the spaces behind it."""
    import tomlkit

    new = tomlkit.item(value)
    old = table.get(key)
    if old is not None and hasattr(old, "trivia"):
        new.trivia.indent = old.trivia.indent
        new.trivia.comment_ws = old.trivia.comment_ws
        new.trivia.comment = old.trivia.comment
        new.trivia.trail = old.trivia.trail
    table[key] = new


def _spaced(before: str, after: str) -> str:
    """`after` with an empty line behind every table that was not in `before`."""
    old_headers = {match["name"] for line in before.splitlines() if (match := _HEADER.match(line))}
    lines: list[str] = []
    in_new = False
    for line in after.splitlines(keepends=True):
        if header := _HEADER.match(line):
            if in_new and lines and lines[-1].strip():
                lines.append("\n")
            in_new = header["name"] not in old_headers
            if in_new and lines and lines[-1].strip():
                lines.append("\n")
        lines.append(line)
    return "".join(lines)


def _write(path: Path, text: str) -> None:
    """Replace the file in one step; a link is followed, so that it stays one."""
    target = path.resolve()
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        handle, temporary = tempfile.mkstemp(prefix=f".{FILE_NAME}-", dir=target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(mode)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise SettingError(
            f"{path} cannot be written ({error.strerror})", "check the folder's permissions"
        ) from error


def _place(path: Path, text: str, name: str) -> str:
    line = find_line(text, name)
    return f"{path}, line {line}" if line else str(path)


def find_line(text: str, name: str) -> int:
    """The line that sets the dotted path `name`, counted from 1; 0 if no line says it plainly.

    tomlkit keeps no positions. Only whole `key = value` lines under `[table]` headers are
    understood; a value within an inline table is found by the line of its table.
    """
    inside = ""
    best = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            inside = _plain_key(header["name"])
            full = inside
        elif key := _KEY.match(line):
            full = ".".join(part for part in (inside, _plain_key(key["name"])) if part)
        else:
            continue
        if full == name:
            return number
        if name.startswith(f"{full}."):
            best = number
    return best


def _plain_key(text: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in text.split("."))
