"""Every setting by its path: values as a person types them, bounds, suggestions."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SettingError
from engine.optimizations import ALL_OPTIMIZATIONS, NO_OPTIMIZATIONS, Optimization
from engine.settings import (
    SETTING_SPECS,
    Freshness,
    LoadingStrategy,
    Settings,
    get_setting,
    with_setting,
)
from engine.settings.values import Kind, SettingSpec, parse_duration
from engine.trace import Level


def valid(spec: SettingSpec) -> st.SearchStrategy[Any]:
    most = 10_000 if math.isinf(spec.maximum) else spec.maximum
    match spec.kind:
        case Kind.SWITCH:
            return st.booleans()
        case Kind.CHOICE:
            return st.sampled_from(spec.choices)
        case Kind.COUNT:
            return st.integers(int(spec.minimum), int(most))
        case Kind.DURATION | Kind.NUMBER:
            return st.floats(spec.minimum, most)
        case Kind.TEXT:
            return st.sampled_from(["all", "none", "1,2,8"])


def test_every_value_of_the_settings_has_a_path() -> None:
    def leaves(prefix: str, value: Any) -> set[str]:
        match value:
            case dict():
                return {leaf for key in value for leaf in leaves(f"{prefix}{key}.", value[key])}
            case _:
                return {prefix.rstrip(".")}

    plain = msgspec.to_builtins(Settings())
    optimizations = {"optimizations", *(f"optimizations.{number}" for number in range(1, 9))}
    plain["levels"] = {Level(int(number)).name: one for number, one in plain["levels"].items()}
    assert set(SETTING_SPECS) == leaves("", plain) | optimizations


@given(st.data())
def test_any_valid_value_is_read_back_and_nothing_else_changes(data: st.DataObject) -> None:
    spec = data.draw(st.sampled_from(list(SETTING_SPECS.values())))
    value = data.draw(valid(spec))
    changed = with_setting(Settings(), spec.path, value)
    assert get_setting(changed, spec.path) == value
    for other in SETTING_SPECS:
        if "optimizations" not in (spec.path, other) or "optimizations" not in other:
            if other == spec.path or other.startswith("optimizations"):
                continue
            assert get_setting(changed, other) == get_setting(Settings(), other)


@pytest.mark.parametrize("path", [p for p, spec in SETTING_SPECS.items() if spec.minimum > 0])
def test_below_the_minimum_is_refused_with_the_bounds(path: str) -> None:
    spec = SETTING_SPECS[path]
    with pytest.raises(SettingError, match=f"allowed is {spec.minimum:g}"):
        with_setting(
            Settings(), path, 0 if spec.kind is Kind.COUNT and not spec.zero else spec.minimum / 2
        )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("pool_size", "many"),
        ("pool_size", 2.5),
        ("pool_size", True),
        ("pool_size", math.nan),
        ("pool_size", None),
        ("warming", "perhaps"),
        ("warming", 2),
        ("freshness", "fresh"),
        ("loading", ""),
        ("profile", ""),
        ("profile", 3),
        ("optimizations", "9"),
        ("optimizations", "1;2"),
        ("limits.cpu_percent", -1),
        ("limits.cpu_percent", math.inf),
        ("caches.answers.ttl_seconds", "soon"),
        ("caches.answers.ttl_seconds", [60]),
    ],
)
def test_a_wrong_value_is_refused(path: str, value: object) -> None:
    with pytest.raises(SettingError):
        with_setting(Settings(), path, value)


@pytest.mark.parametrize("value", [0, "0", "no bound", " No bound "])
def test_nought_is_no_bound_where_the_setting_says_so(value: object) -> None:
    assert get_setting(with_setting(Settings(), "budgets.agentpm", value), "budgets.agentpm") == 0
    with pytest.raises(SettingError, match=r"budgets.agentpm is 499 .* or 0 \(no bound\)"):
        with_setting(Settings(), "budgets.agentpm", 499)


def test_an_unknown_setting_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingError) as caught:
        with_setting(Settings(), "caches.answer.ttl_seconds", 1)
    assert "caches.answers.ttl_seconds" in caught.value.remedy
    with pytest.raises(SettingError, match="unknown setting 'zzz'"):
        get_setting(Settings(), "zzz")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90 s", 90),
        ("1.5 min", 90),
        ("2 h", 7_200),
        ("1 day", 86_400),
        ("2 days", 172_800),
        ("3d", 259_200),
        ("10ms", 0.01),
        ("1,800", 1_800),
    ],
)
def test_durations_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


def test_words_become_the_typed_values() -> None:
    settings = with_setting(Settings(), "freshness", " TTL ")
    assert settings.freshness is Freshness.TTL
    assert with_setting(settings, "loading", "parallel").loading is LoadingStrategy.PARALLEL
    assert with_setting(settings, "warming", "off").warming is False
    assert with_setting(settings, "caches.rows.max_entries", "1_000").caches


def test_optimizations_as_a_whole_and_one_by_one() -> None:
    settings = with_setting(Settings(), "optimizations", "none")
    assert settings.optimizations == NO_OPTIMIZATIONS
    settings = with_setting(settings, "optimizations.3", "on")
    assert settings.optimizations == {Optimization.SOP_PRECOMPILATION}
    assert get_setting(settings, "optimizations") == "3"
    assert with_setting(settings, "optimizations", "all").optimizations == ALL_OPTIMIZATIONS


def test_the_defaults_are_the_published_ones() -> None:
    expected = {
        "levels.L1.max_entries": 1_000,
        "levels.L1.ttl_seconds": 60,
        "levels.L2.max_entries": 10_000,
        "levels.L2.ttl_seconds": 300,
        "levels.L3.max_entries": 100_000,
        "levels.L3.ttl_seconds": 1_800,
        "caches.plugin_facts.ttl_seconds": 300,
        "caches.agents.ttl_seconds": 600,
        "limits.taskstart_ms": 100,
        "limits.database_ms": 40,
        "limits.hit_rate_percent": 90,
        "limits.memory_mb": 500,
        "limits.cpu_percent": 50,
        "budgets.agentpm": 0,
        "budgets.subagent_start": 10_000,
        "budgets.user_prompt_submit": 10_000,
        "budgets.pre_tool_use": 10_000,
    }
    assert {path: get_setting(Settings(), path) for path in expected} == expected
