"""taskstart.toml: what is written keeps what was there, what is wrong is said with its line."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import SettingError
from engine.settings import SETTING_SPECS, Settings, get_setting, with_setting
from engine.settings.file import (
    MAX_FILE_BYTES,
    diff_settings,
    load_settings,
    settings_file,
)
from engine.settings.saving import save_settings
from tests.settings.test_registry import valid

MINE = """\
# Settings of the shop.
freshness = "strict"   # never stale

[caches.answers]
# as long as a day
ttl_seconds = "1 day"
max_entries = 5_000    # enough

[limits]
cpu_percent = 30.5
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return settings_file(tmp_path)


def given_settings(**values: object) -> Settings:
    settings = Settings()
    for name, value in values.items():
        settings = with_setting(settings, name.replace("__", "."), value)
    return settings


def test_no_file_means_the_defaults(path: Path) -> None:
    assert load_settings(path) == Settings()
    base = given_settings(pool_size=9)
    assert load_settings(path, base) is base


def test_values_are_read_as_toml_or_as_words(path: Path) -> None:
    path.write_text(MINE)
    loaded = load_settings(path)
    assert get_setting(loaded, "caches.answers.ttl_seconds") == 86_400.0
    assert get_setting(loaded, "caches.answers.max_entries") == 5_000
    assert loaded.limits.cpu_percent == 30.5


@pytest.mark.parametrize(
    "text",
    [
        'optimizations = "1,2,7"',
        "optimizations = [1, 2, 7]",
        "[optimizations]\n3 = false\n4 = false\n5 = false\n6 = false\n8 = false",
    ],
)
def test_optimizations_in_every_form(path: Path, text: str) -> None:
    path.write_text(text + "\n")
    assert {int(item) for item in load_settings(path).optimizations} == {1, 2, 7}
    changed = with_setting(load_settings(path), "optimizations.3", True)
    assert save_settings(path, changed) == ["optimizations"]
    assert load_settings(path) == changed
    off = with_setting(changed, "optimizations", "none")
    save_settings(path, off)
    assert load_settings(path) == off


def test_a_profile_is_found_by_its_name_or_its_file(path: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('name = "mine"\nsop_ms = 3\n')
    for profile in ("plan", str(mine)):
        path.write_text(f'profile = "{profile}"\n')
        assert load_settings(path).profile == profile


def test_comments_order_and_spelling_are_kept(path: Path) -> None:
    path.write_text(MINE)
    now = with_setting(load_settings(path), "caches.answers.max_entries", 7)
    assert save_settings(path, now) == ["caches.answers.max_entries"]
    assert path.read_text() == MINE.replace("5_000 ", "7 ")


def test_new_settings_find_their_tables(path: Path) -> None:
    path.write_text(MINE)
    now = load_settings(path)
    for name, value in {
        "caches.answers.ttl_seconds": 60,
        "caches.rows.max_entries": 7,
        "levels.L1.ttl_seconds": 5,
        "pool_size": 9,
    }.items():
        now = with_setting(now, name, value)
    save_settings(path, now)
    text = path.read_text()
    assert load_settings(path) == now
    assert text.startswith("# Settings of the shop.\n")
    assert "\n\n[caches.rows]\nmax_entries = 7\n\n[limits]\n" in text
    assert tomllib.loads(text)["pool_size"] == 9


def test_only_what_differs_or_is_there_already_is_written(path: Path) -> None:
    save_settings(path, given_settings(pool_size=9))
    assert path.read_text() == "pool_size = 9\n"
    save_settings(path, Settings())
    assert path.read_text() == "pool_size = 4\n", "what is in the file stays in it"
    assert save_settings(path, Settings()) == []


def test_nothing_to_save_makes_no_file(path: Path) -> None:
    assert save_settings(path, Settings()) == []
    assert not path.exists()


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_saved_is_loaded_again(tmp_path: Path, data: st.DataObject) -> None:
    path = settings_file(tmp_path)
    path.write_text(
        data.draw(
            st.sampled_from(
                [
                    "",
                    MINE,
                    "caches.rows.ttl_seconds = 5\n",
                    "limits = {cpu_percent = 10}\n",
                    "limits.cpu_percent = 10\npool_size = 3\n\n[levels.L1]\nttl_seconds = 9\n",
                    "caches = {rows = {ttl_seconds = 5}, rules = {}}\n",
                    "[caches]\nrows.ttl_seconds = 5\n[levels]\n",
                ]
            )
        )
    )
    names = [name for name in SETTING_SPECS if name != "profile"]
    for _ in range(2):
        now: Any = load_settings(path)
        for name in data.draw(st.lists(st.sampled_from(names), max_size=5)):
            now = with_setting(now, name, data.draw(valid(SETTING_SPECS[name])))
        save_settings(path, now)
        assert load_settings(path) == now
        assert diff_settings(path, now) == []


def test_a_setting_joins_its_dotted_neighbour(path: Path) -> None:
    path.write_text("caches.rows.ttl_seconds = 5\n")
    now = with_setting(load_settings(path), "caches.rows.max_entries", 7)
    now = with_setting(now, "bounded_ms", 3)
    save_settings(path, now)
    assert load_settings(path) == now


def test_the_difference_to_the_file(path: Path) -> None:
    path.write_text("pool_size = 9\n")
    found = diff_settings(path, given_settings(bounded_ms=5))
    assert [(one.path, one.in_file, one.now) for one in found] == [
        ("bounded_ms", 10.0, 5.0),
        ("pool_size", 9, 4),
    ]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("\n\npool_size = \n", 3, "the value behind = is missing"),
        ("x = [", 1, "not complete"),
        ("x = soon", 1, "text without quotes"),
        ("[a", 1, "never closed"),
        ("pool_size = 3\npool_sise = 4\n", 2, "unknown setting 'pool_sise'"),
        ("[caches.answers]\n\nttl_seconds = 'soon'\n", 3, "caches.answers.ttl_seconds"),
        ("# x\n[caches]\nanswers.ttl_seconds = -1\n", 3, "allowed is 0"),
        ("caches = {answers = {ttl_seconds = true}}\n", 1, "wants a number"),
        ("[caches]\nanswers = 4\n", 2, "unknown setting 'caches.answers'"),
        ('freshness = "fresh"\n', 1, "strict, bounded, ttl"),
        ("[[levels]]\nL1 = 3\n", 1, "unknown setting 'levels'"),
        ("a = 1\na = 2\n", 2, "given twice"),
        ("optimizations = [1, 9]\n", 1, "unknown optimization '9'"),
        ("pool_size = 2026-01-01\n", 1, "wants a number"),
        ("x", 1, "a name must be followed by ="),
        ('# costs\nprofile = "nonsense"\n', 2, "unknown cost profile 'nonsense'"),
        ('profile = "nowhere.toml"\n', 1, "cannot read cost profile nowhere.toml"),
        ("[budgets]\n\nsubagent_start = 3\n", 3, "allowed is 500 to 1000000, or 0 (no bound)"),
        ("[budgets]\nsubagent = 3\n", 2, "unknown setting 'budgets.subagent'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(path: Path, text: str, line: int, says: str) -> None:
    path.write_text(text)
    with pytest.raises(SettingError) as caught:
        load_settings(path)
    assert caught.value.reason.startswith(f"{path}, line {line}: ")
    assert says in caught.value.reason


def test_a_file_that_is_wrong_is_not_touched(path: Path) -> None:
    path.write_text("pool_size = \n")
    with pytest.raises(SettingError):
        save_settings(path, given_settings(pool_size=9))
    assert path.read_text() == "pool_size = \n"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x = 1\n" * MAX_FILE_BYTES])
def test_what_is_no_settings_file_at_all(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(SettingError, match=r"not UTF-8|larger than"):
        load_settings(path)


def test_a_folder_in_its_place(path: Path) -> None:
    path.mkdir()
    with pytest.raises(SettingError, match="cannot be read"):
        load_settings(path)


def test_a_device_in_its_place_is_not_read(path: Path) -> None:
    path.symlink_to("/dev/zero")
    with pytest.raises(SettingError, match="regular file"):
        load_settings(path)


def test_a_pipe_in_its_place_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(SettingError, match="regular file"):
        load_settings(path)


def test_endless_nesting_is_said(path: Path) -> None:
    path.write_text("a = " + "[" * 100_000)
    with pytest.raises(SettingError, match="nested too deeply"):
        load_settings(path)


def test_a_link_stays_a_link_and_the_mode_stays(tmp_path: Path, path: Path) -> None:
    real = tmp_path / "elsewhere.toml"
    real.write_text("pool_size = 2\n")
    real.chmod(0o640)
    path.symlink_to(real)
    save_settings(path, given_settings(pool_size=9))
    assert path.is_symlink()
    assert real.read_text() == "pool_size = 9\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert [found.name for found in tmp_path.iterdir() if found.name.startswith(".")] == []


def test_whole_numbers_are_written_as_such(path: Path) -> None:
    save_settings(
        path, with_setting(given_settings(bounded_ms=5), "caches.answers.ttl_seconds", 2700)
    )
    assert path.read_text() == "bounded_ms = 5\n\n[caches.answers]\nttl_seconds = 2700\n"
    save_settings(path, given_settings(bounded_ms=2.5))
    assert "bounded_ms = 2.5\n" in path.read_text()
