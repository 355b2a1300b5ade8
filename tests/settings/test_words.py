"""Values and changes in words."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.settings import SETTING_SPECS, Settings, get_setting, with_setting
from engine.settings.values import Kind, parse_duration
from engine.settings.words import (
    LEAF_PATHS,
    changed_paths,
    describe_changes,
    flatten,
    format_duration,
    format_value,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (0.5, "0.5 s"),
        (90.0, "1.5 min"),
        (300.0, "5 min"),
        (1_800.0, "30 min"),
        (86_400.0, "1 day"),
        (172_800.0, "2 days"),
        (100.0, "100 s"),
    ],
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.floats(0, 365 * 86_400))
def test_a_duration_is_typed_as_it_is_shown(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, rel=1e-4, abs=1e-4)


def test_every_default_can_be_typed_as_it_is_shown() -> None:
    for path, spec in SETTING_SPECS.items():
        value = get_setting(Settings(), path)
        assert get_setting(with_setting(Settings(), path, format_value(spec, value)), path) == value


def test_flattened_settings_are_plain_and_whole() -> None:
    flat = flatten(Settings())
    assert set(flat) == set(LEAF_PATHS)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(flat)) == flat
    settings = Settings()
    for path, value in flatten(with_setting(settings, "freshness", "ttl")).items():
        settings = with_setting(settings, path, value)
    assert settings == with_setting(Settings(), "freshness", "ttl")


def changed(**values: object) -> Settings:
    settings = Settings()
    for path, value in values.items():
        settings = with_setting(settings, path.replace("__", "."), value)
    return settings


def test_changes_in_words() -> None:
    old = Settings()
    assert describe_changes(old, old) == ""
    assert describe_changes(old, changed(pool_size=8)) == "connections 4 → 8"
    assert describe_changes(old, changed(optimizations="none")) == "all off"
    assert describe_changes(changed(optimizations="none"), old) == "all on"
    off = changed(optimizations="2,3,4,5,6,7,8")
    assert describe_changes(old, off) == "−1 parallel queries"
    assert describe_changes(off, old) == "+1 parallel queries"
    many = changed(pool_size=8, bounded_ms=5, warming=False, freshness="ttl")
    assert describe_changes(old, many).endswith("and 2 more")
    assert set(changed_paths(old, many)) == {"pool_size", "bounded_ms", "warming", "freshness"}


def test_every_kind_of_value_has_words() -> None:
    shown = {
        spec.kind: format_value(spec, get_setting(Settings(), path))
        for path, spec in SETTING_SPECS.items()
    }
    assert set(shown) == set(Kind)
    assert all(shown.values())
