"""What viewers read beside the snapshots: the settings file's difference, stale answers."""

from __future__ import annotations

from pathlib import Path

from engine.service import messages as m
from engine.service.ports import EngineLike
from engine.settings import SETTING_SPECS, Settings, get_setting
from engine.settings.file import load_settings
from engine.settings.words import changed_paths, format_value


def diff_settings(path: Path, now: Settings) -> m.SettingsDiff:
    """What `now` has otherwise than the file at `path`; blocking.

    Raises:
        SettingError: the file cannot be read as settings.
    """
    saved = load_settings(path)
    differences = []
    for name in changed_paths(saved, now):
        spec = SETTING_SPECS[name]
        in_file, in_force = (format_value(spec, get_setting(one, name)) for one in (saved, now))
        differences.append(
            m.SettingDifference(path=name, title=spec.title, in_file=in_file, now=in_force)
        )
    return m.SettingsDiff(path=str(path), exists=path.exists(), differences=differences)


def stale_examples(engine: EngineLike) -> m.StaleExamples:
    """The last answers that were out of date, newest first."""
    return m.StaleExamples(
        examples=[
            m.StaleExampleView(
                task_id=example.request.task_id,
                agent_role=example.request.agent_role,
                age_s=example.age_s,
                served=example.served,
                current=example.current,
            )
            for example in reversed(engine.stale_examples())
        ]
    )
