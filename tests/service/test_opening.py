"""What a viewer sees before the engine is open, and when it cannot be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import DatabaseBusyError, ProjectError, SettingError
from engine.service.client import RefusedError
from engine.service.messages import ChangeSettings, EngineState, Reopen
from tests.service.conftest import OpenService
from tests.service.fakes import World
from tests.service.processes import snapshot_where
from tests.service.watching import shown


async def test_while_it_starts_there_is_something_to_see(
    open_service: OpenService, tmp_path: Path
) -> None:
    world = World(tmp_path)
    world.opens = False
    async with open_service(world) as service, service.client() as client:
        snapshot = await shown(client)
        assert snapshot.engine is EngineState.STARTING
        assert snapshot.project.name == "folder"
        assert snapshot.settings["pool_size"] == 4


def test_it_listens_before_the_engine_and_its_monitor_are_imported() -> None:
    code = (
        "import sys, engine.service.process;"
        "late = {'engine.core.engine', 'engine.monitoring.monitor', 'engine.replay.recorder'};"
        "sys.exit(', '.join(sorted(late & set(sys.modules))) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


async def test_an_engine_that_cannot_start_says_why(
    open_service: OpenService, tmp_path: Path
) -> None:
    world = World(tmp_path, ProjectError("no database", "make one"))
    async with open_service(world) as service, service.client() as client:
        snapshot = await shown(client)
        assert snapshot.engine is EngineState.FAILED
        assert snapshot.engine_error == "no database: make one"
        with pytest.raises(RefusedError, match="no database"):
            await client.do(ChangeSettings(changes={"pool_size": 9}))


async def test_a_wrong_settings_file_keeps_the_engine_from_starting(
    open_service: OpenService, tmp_path: Path
) -> None:
    (tmp_path / "taskstart.toml").write_text("pool_size = 0\n")
    world = World(tmp_path, SettingError("never reached"))
    async with open_service(world) as service, service.client() as client:
        assert "line 1: pool_size" in (await shown(client)).engine_error


async def test_a_project_is_opened_again_for_all_consoles(
    open_service: OpenService, tmp_path: Path
) -> None:
    (tmp_path / "taskstart.toml").write_text("pool_size = 0\n")
    async with (
        open_service(World(tmp_path, SettingError("never reached"))) as service,
        service.client() as first,
        service.client() as second,
    ):
        assert (await shown(second)).engine is EngineState.FAILED
        (tmp_path / "taskstart.toml").write_text("pool_size = 3\n")
        service.world.failure = None
        await first.do(Reopen())
        message = await snapshot_where(second, lambda one: one.engine is EngineState.READY)
        assert message.engine_error == ""
        assert message.settings["pool_size"] == 3
        await first.restart()
        await snapshot_where(second, lambda one: len(service.world.engines) == 2)
        assert await first.do(ChangeSettings(changes={"pool_size": 5})) == "connections 3 → 5"


async def test_what_keeps_an_open_engine_from_its_work_is_told(
    open_service: OpenService, tmp_path: Path
) -> None:
    async with open_service() as service, service.client() as client:
        service.world.engine.trouble = "the database is locked"
        await snapshot_where(client, lambda one: one.engine_error == "the database is locked")


async def test_what_kept_it_from_opening_may_pass_by_itself(
    open_service: OpenService, tmp_path: Path
) -> None:
    world = World(tmp_path, DatabaseBusyError("locked", "wait"))
    world.live.try_again_s = 0.01
    async with open_service(world) as service, service.client() as client:
        await snapshot_where(client, lambda one: one.engine_error == "locked: wait")
        with pytest.raises(RefusedError, match="locked"):
            await client.do(ChangeSettings(changes={"pool_size": 9}))
        world.failure = None
        message = await snapshot_where(client, lambda one: one.engine is EngineState.READY)
        assert message.engine_error == ""
