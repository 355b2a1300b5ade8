"""Commands that change, save and compare settings."""

from __future__ import annotations

import asyncio

import pytest

from engine.service.client import EngineClient, RefusedError
from engine.service.messages import (
    ChangeSettings,
    DiffSettings,
    LoadSettings,
    Redo,
    ResetSettings,
    SaveSettings,
    SettingsDiff,
    Undo,
)
from engine.settings import Settings
from tests.service.conftest import Service
from tests.service.watching import shown


async def test_a_snapshot_shows_settings_and_what_can_be_undone(client: EngineClient) -> None:
    await client.do(ChangeSettings(changes={"caches.answers.ttl_seconds": "1 day"}))
    snapshot = await shown(client)
    assert snapshot.settings["caches.answers.ttl_seconds"] == 86_400.0
    assert snapshot.can_undo == "answers keep for 30 min → 1 day"
    assert [mark.label for mark in snapshot.marks] == [snapshot.can_undo]
    assert await client.do(Undo()) == "taken back: answers keep for 30 min → 1 day"
    snapshot = await shown(client)
    assert snapshot.settings["caches.answers.ttl_seconds"] == 1_800.0
    assert (snapshot.can_undo, snapshot.can_redo) == ("", "answers keep for 30 min → 1 day")
    await client.do(Redo())
    assert (await shown(client)).settings["caches.answers.ttl_seconds"] == 86_400.0


async def test_two_consoles_share_one_history(service: Service) -> None:
    async with service.client() as first, service.client() as second:
        await asyncio.gather(
            *(first.do(ChangeSettings(changes={"pool_size": n})) for n in range(10, 20)),
            *(second.do(ChangeSettings(changes={"bounded_ms": n})) for n in range(20, 30)),
        )
        for _ in range(20):
            await second.do(Undo())
        assert service.world.engine.settings == Settings()
        with pytest.raises(RefusedError, match="no change to take back"):
            await first.do(Undo())


async def test_reset_is_one_step(client: EngineClient, service: Service) -> None:
    await client.do(ChangeSettings(changes={"pool_size": 9, "freshness": "ttl"}))
    await client.do(ResetSettings())
    assert service.world.engine.settings == Settings()
    await client.do(Undo())
    assert service.world.engine.settings.pool_size == 9


async def test_save_writes_the_projects_file(client: EngineClient, service: Service) -> None:
    path = service.world.root / "taskstart.toml"
    assert await client.do(SaveSettings()) == "nothing to save: every setting has its default"
    assert not path.exists()
    await client.do(ChangeSettings(changes={"pool_size": 9}))
    assert await client.do(SaveSettings()) == f"1 setting saved to {path}"
    assert path.read_text() == "pool_size = 9\n"
    assert await client.do(SaveSettings()) == "taskstart.toml has these settings already"


async def test_saving_leaves_injected_costs_out(client: EngineClient, service: Service) -> None:
    path = service.world.root / "taskstart.toml"
    await client.do(ChangeSettings(changes={"profile": "plan"}))
    told = await client.do(SaveSettings())
    assert (
        told
        == "nothing to save: every setting has its default; not the profile plan: agents would wait"
    )
    assert not path.exists()
    path.write_text('profile = "plan"\n')
    await client.do(ChangeSettings(changes={"pool_size": 9}))
    assert await client.do(SaveSettings()) == f"1 setting saved to {path}"
    assert path.read_text() == 'profile = "plan"\npool_size = 9\n'
    await client.do(ChangeSettings(changes={"profile": "native"}))
    await client.do(SaveSettings())
    assert path.read_text() == 'profile = "native"\npool_size = 9\n'


async def test_the_projects_file_is_loaded_as_one_step(
    client: EngineClient, service: Service
) -> None:
    path = service.world.root / "taskstart.toml"
    path.write_text('pool_size = 9\nfreshness = "ttl"\n')
    await client.do(ChangeSettings(changes={"bounded_ms": 25}))
    await client.do(LoadSettings())
    engine = service.world.engine
    assert (engine.settings.pool_size, engine.settings.freshness) == (9, "ttl")
    assert engine.settings.bounded_ms == Settings().bounded_ms, "the file says nothing of it"
    await client.do(Undo())
    assert (engine.settings.pool_size, engine.settings.bounded_ms) == (4, 25.0)


async def test_a_wrong_file_is_refused_by_line_and_changes_nothing(
    client: EngineClient, service: Service
) -> None:
    path = service.world.root / "taskstart.toml"
    path.write_text("warming = false\npool_size = 0\n")
    for command in (LoadSettings(), DiffSettings()):
        with pytest.raises(RefusedError, match="line 2: pool_size"):
            await client.ask(command, SettingsDiff)
    assert service.world.engine.settings == Settings()


async def test_differences_from_the_projects_file_are_told_in_words(
    client: EngineClient, service: Service
) -> None:
    path = service.world.root / "taskstart.toml"
    await client.do(ChangeSettings(changes={"caches.answers.ttl_seconds": "1 day"}))
    found = await client.ask(DiffSettings(), SettingsDiff)
    assert (found.path, found.exists) == (str(path), False)
    assert [(one.path, one.in_file, one.now) for one in found.differences] == [
        ("caches.answers.ttl_seconds", "30 min", "1 day")
    ]
    await client.do(SaveSettings())
    found = await client.ask(DiffSettings(), SettingsDiff)
    assert (found.exists, found.differences) == (True, [])
