"""Reading the project's `taskstart.toml`, with clear errors.

The file holds settings by their dotted paths as TOML tables::

    freshness = "strict"
    optimizations = [1, 2, 7]

    [caches.answers]
    ttl_seconds = "1 day"     # or 86400
"""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import SettingError
from engine.settings.model import Settings
from engine.settings.registry import SETTING_SPECS, get_setting, with_setting

FILE_NAME = "taskstart.toml"
MAX_FILE_BYTES = 1 << 20

HEADER = re.compile(r"^\s*\[\[?\s*(?P<name>[^\[\]]+?)\s*\]")
_KEY = re.compile(r"^\s*(?P<name>[\w.\"' -]+?)\s*=")

_ASIDE = "make it readable, or move it away: every setting has a default"
_FORMAT = 'write `name = value`: text in "quotes", a list in [ ]; or leave the line out'
_CORRECT = "correct that line, or leave it out: every setting has a default"


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
    text = read_text(path)
    if text is None:
        return settings
    return settings_of(path, text, settings)


def settings_of(path: Path, text: str, settings: Settings) -> Settings:
    """`settings` with the values of `text`, which is or will be in `path`.

    Raises:
        SettingError: as for `load_settings`.
    """
    for name, value in values_of(parse_text(path, text)):
        try:
            settings = with_setting(settings, name, value)
            if name == "profile":
                _require_profile(settings.profile)
        except SettingError as error:
            place = _place(path, text, name)
            what = error.reason if name in error.reason else f"{name}: {error.reason}"
            raise SettingError(f"{place}: {what}", error.remedy or _CORRECT) from error
    return settings


def _require_profile(name: str) -> None:
    # Few files name a profile, and only the costs know which there are.
    from engine.costs.profile import load_profile

    load_profile(name)


def diff_settings(path: Path, now: Settings) -> list[Difference]:
    """What would change if the engine were started again with the file as it is.

    Raises:
        SettingError: as for `load_settings`.
    """
    in_file = load_settings(path)
    return [
        Difference(name, get_setting(in_file, name), get_setting(now, name))
        for name in SAVED_PATHS
        if get_setting(in_file, name) != get_setting(now, name)
    ]


SAVED_PATHS = tuple(name for name in SETTING_SPECS if not name.startswith("optimizations."))
"""The optimizations are saved as one list."""


def read_text(path: Path) -> str | None:
    """The file's text; None if there is no file.

    Raises:
        SettingError: it cannot be read, or is no text of a sensible size.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            # A pipe or a device might keep its reader waiting, or never end.
            raise SettingError(f"{path} cannot be read: it is no regular file", _ASIDE)
        if status.st_size > MAX_FILE_BYTES:
            raise SettingError(f"{path} is larger than {MAX_FILE_BYTES:,} bytes", _ASIDE)
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise SettingError(
            f"{path} is not UTF-8 text (byte {error.start})", "save it as UTF-8"
        ) from error
    except OSError as error:
        raise SettingError(f"{path} cannot be read ({error.strerror})", _ASIDE) from error


def parse_text(path: Path, text: str) -> dict[str, Any]:
    """The TOML document.

    Raises:
        SettingError: it is none; the reason names the line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at ")
        line = where.removesuffix(")").split(",")[0]
        at = f", {line}" if line.startswith("line") else f", line {len(text.splitlines())}"
        raise SettingError(f"{path}{at}: {_in_words(what)}", _FORMAT) from error
    except ValueError as error:
        # Python bounds the digits of the numbers that it reads.
        raise SettingError(f"{path}: {error}", _CORRECT) from error
    except RecursionError as error:
        raise SettingError(f"{path}: nested too deeply", _FORMAT) from error


_PLAIN_WORDS = {
    "Invalid value": "the value behind = is missing, not complete, or is text without quotes",
    "Expected '=' after a key": "a name must be followed by = and a value",
    "Invalid statement": "this is neither `name = value` nor a [table]",
    "Expected newline or end of document": "there is more on the line than one value",
    "Expected ']": "the [ of a table is never closed",
    "Unclosed array": "the [ of a list is never closed, or a comma is missing",
    "Unclosed inline table": "a { is never closed, or a comma is missing",
    "Cannot overwrite a value": "a setting is given twice",
    "Cannot declare": "a table is given twice",
    "Illegal character '\\n'": "the quotes of a text are never closed",
    "Unterminated string": "the quotes of a text are never closed",
    'Expected "\'"': "the quotes of a text are never closed",
}
"""What the parser's messages mean, by their beginnings."""


def _in_words(message: str) -> str:
    for beginning, words in _PLAIN_WORDS.items():
        if message.startswith(beginning):
            return words
    return message


def values_of(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Settings of a parsed file, by dotted path, as plain values."""
    for key, item in table.items():
        name = f"{prefix}{key}"
        if isinstance(item, Mapping):
            yield from values_of(item, f"{name}.")
            continue
        if name == "optimizations" and isinstance(item, list):
            yield name, ",".join(str(number) for number in item)
        else:
            yield name, item


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
        if header := HEADER.match(line):
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
