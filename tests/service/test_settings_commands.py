"""Commands that change, save and compare settings."""

from __future__ import annotations

import asyncio

import pytest

from engine.service.client import EngineClient, RefusedError
from engine.service.messages import ChangeSettings, Redo, ResetSettings, SaveSettings, Undo
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
    assert await client.do(SaveSettings()) == "taskstart.toml has these settings already"
    assert not path.exists()
    await client.do(ChangeSettings(changes={"pool_size": 9}))
    assert await client.do(SaveSettings()) == f"1 setting saved to {path}"
    assert path.read_text() == "pool_size = 9\n"
