"""The one typed settings object: it feeds the TOML file, the command line and the editors."""

from engine.settings.model import (
    AlertLimits,
    CacheSettings,
    Freshness,
    HookBudgets,
    LevelSettings,
    LoadingStrategy,
    Settings,
)
from engine.settings.registry import SETTING_SPECS, get_setting, with_setting
from engine.settings.values import SettingSpec

__all__ = [
    "SETTING_SPECS",
    "AlertLimits",
    "CacheSettings",
    "Freshness",
    "HookBudgets",
    "LevelSettings",
    "LoadingStrategy",
    "SettingSpec",
    "Settings",
    "get_setting",
    "with_setting",
]
