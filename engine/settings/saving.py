"""Writing the project's `taskstart.toml`: comments, order and everything foreign are kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from engine.errors import SettingError
from engine.files import write_whole
from engine.settings.file import (
    HEADER,
    SAVED_PATHS,
    load_settings,
    parse_text,
    read_text,
    settings_of,
    values_of,
)
from engine.settings.model import Settings
from engine.settings.registry import get_setting
from engine.settings.words import plain

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

# tomlkit keeps comments and takes 50 ms to import: it is imported where a file is written only.


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
    text = read_text(path) or ""
    there = dict(values_of(parse_text(path, text)))
    document = tomlkit.parse(text)
    defaults = Settings()
    changed = []
    sections: dict[str, dict[str, Any]] = {}
    for name in SAVED_PATHS:
        value = get_setting(now, name)
        if value == get_setting(before, name):
            continue
        if value == get_setting(defaults, name) and not _is_there(name, there):
            continue
        table, _, key = name.rpartition(".")
        if not _is_there(table, there) and _is_dotted(text, table.partition(".")[0]):
            sections.setdefault(table, {})[key] = _written(value)
        else:
            _put(document, name, value, there)
        changed.append(name)
    if changed:
        after = _spaced(text, tomlkit.dumps(document)) + _rendered(sections)
        _require_saved(path, after, now)
        _write(path, after)
    return changed


def without_new_costs(path: Path, now: Settings) -> Settings:
    """`now`, but with the cost profile that the file names where `now` injects delays.

    A profile is tried on, and shown as modeled while it is; from a project's file it would make
    every agent wait from the next start of an engine on. Blocking, like `save_settings`.

    Raises:
        SettingError: the file cannot be read as settings.
    """
    if now.profile == Settings().profile:
        return now
    return msgspec.structs.replace(now, profile=load_settings(path).profile)


def _written(value: Any) -> Any:
    """The value as a person would write it: 2700, not 2700.0."""
    value = plain(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_there(name: str, there: Mapping[str, Any]) -> bool:
    return name in there or any(other.startswith(f"{name}.") for other in there)


def _put(document: TOMLDocument, name: str, value: Any, there: Mapping[str, Any]) -> None:
    if name == "optimizations":
        _put_optimizations(document, value, there)
        return
    import tomlkit
    from tomlkit.items import InlineTable

    *tables, key = name.split(".")
    table: Any = document
    for part in tables:
        if part not in table:
            # A table that only holds tables needs no header line of its own.
            table[part] = (
                tomlkit.inline_table()
                if isinstance(table, InlineTable)
                else tomlkit.table(is_super_table=part != tables[-1])
            )
        table = table[part]
    _set(table, key, _written(value))


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


def _is_dotted(text: str, table: str) -> bool:
    """Whether the file says `table.key = value` outside of any `[table]`.

    A new table put into such a one would begin in the middle of the file's plain settings.
    """
    for line in text.splitlines():
        if HEADER.match(line):
            return False
        if table and line.lstrip().startswith(f"{table}."):
            return True
    return False


def _rendered(sections: Mapping[str, Mapping[str, Any]]) -> str:
    """Whole tables, for the end of the file."""
    import tomlkit

    return "".join(f"\n[{name}]\n{tomlkit.dumps(keys)}" for name, keys in sections.items())


def _require_saved(path: Path, text: str, now: Settings) -> None:
    """Never replace a file by one that would not be read as what was meant."""
    try:
        saved = settings_of(path, text, Settings())
    except SettingError as error:
        saved, why = None, error.reason
    else:
        why = "its form leaves no room for the new settings"
    if saved is None or any(
        get_setting(saved, name) != get_setting(now, name) for name in SAVED_PATHS
    ):
        raise SettingError(f"{path} was left as it is: {why}", "edit it by hand")


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
    old_headers = {match["name"] for line in before.splitlines() if (match := HEADER.match(line))}
    lines: list[str] = []
    in_new = False
    for line in after.splitlines(keepends=True):
        if header := HEADER.match(line):
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
        write_whole(target, text.encode(), mode=mode)
    except OSError as error:
        raise SettingError(
            f"{path} cannot be written ({error.strerror})", "check the folder's permissions"
        ) from error
