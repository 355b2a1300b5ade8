"""The one typed settings object: it feeds the TOML file, the command line and the editors."""

from engine.settings.model import (
    AlertLimits,
    CacheSettings,
    Freshness,
    LevelSettings,
    LoadingStrategy,
    Settings,
)
from engine.settings.registry import SETTING_SPECS, SettingSpec, get_setting, with_setting

__all__ = [
    "SETTING_SPECS",
    "AlertLimits",
    "CacheSettings",
    "Freshness",
    "LevelSettings",
    "LoadingStrategy",
    "SettingSpec",
    "Settings",
    "get_setting",
    "with_setting",
]
