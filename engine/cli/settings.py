"""`taskstart settings`: every setting with its value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from engine.cli.options import json_option, print_json, project_option
from engine.core.project import find_project, resolve_folder
from engine.settings import SETTING_SPECS, Settings, get_setting
from engine.settings.file import load_settings, settings_file
from engine.settings.values import SettingSpec
from engine.settings.words import format_value, plain


@click.command("settings")
@project_option
@json_option
def command(project: Path | None, as_json: bool) -> int:
    """List every setting: path, value, unit, allowed values, what it is.

    Values are those that an engine of the project would start with: the published defaults, and
    what the project's taskstart.toml says (marked with *).
    """
    root = resolve_folder(project) if project is not None else find_project()
    settings = Settings() if root is None else load_settings(settings_file(root))
    rows = [_row(spec, settings) for spec in SETTING_SPECS.values()]
    if as_json:
        print_json(rows, indent=2)
        return 0
    widths = [max(len(row[key]) for row in rows) for key in ("path", "shown")]
    for row in rows:
        mark = "*" if row["value"] != row["default"] else " "
        click.echo(f"{row['path']:<{widths[0]}}  {row['shown']:>{widths[1]}}{mark} {row['help']}")
    if any(row["value"] != row["default"] for row in rows):
        click.echo("* is not the published default")
    return 0


def _row(spec: SettingSpec, settings: Settings) -> dict[str, Any]:
    value = get_setting(settings, spec.path)
    bounded = spec.kind.value in ("duration", "count", "number")
    return {
        "path": spec.path,
        "value": plain(value),
        "shown": format_value(spec, value),
        "unit": spec.unit,
        "default": plain(get_setting(Settings(), spec.path)),
        "kind": spec.kind.value,
        "minimum": spec.minimum if bounded else None,
        "maximum": spec.maximum if bounded and spec.maximum != float("inf") else None,
        "zero": spec.zero or None,
        "choices": [str(choice) for choice in spec.choices],
        "help": spec.help,
    }
