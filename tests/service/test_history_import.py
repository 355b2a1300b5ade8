"""Imports of history that a viewer asks for."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from engine.errors import ServiceError
from engine.replay.workload import read_workload
from engine.service.client import RefusedError
from engine.service.history_import import HistoryImport
from engine.service.library import list_playable
from engine.service.messages import CancelImport, Imported, ImportHistory
from tests.service.conftest import OpenService
from tests.service.fakes import World


async def test_the_database_becomes_a_scenario_that_is_listed(
    open_service: OpenService, project: Path
) -> None:
    async with open_service(World(project)) as service, service.client() as client:
        imported = await client.ask(ImportHistory(), Imported)
    workload = read_workload(Path(imported.path))
    assert workload.starts == imported.starts > 0
    assert "tasks.started_at" in imported.report
    assert imported.name in {view.name for view in list_playable() if not view.bundled}


async def test_transcripts_are_refused_in_the_importers_own_words(
    open_service: OpenService, project: Path, tmp_path: Path
) -> None:
    async with open_service(World(project)) as service, service.client() as client:
        with pytest.raises(RefusedError, match="cannot be read") as refused:
            await client.ask(ImportHistory(transcripts=str(tmp_path / "none")), Imported)
    assert "name a transcript" in refused.value.remedy


async def test_transcripts_without_a_start_write_nothing(
    open_service: OpenService, project: Path, tmp_path: Path
) -> None:
    transcript = tmp_path / "one.jsonl"
    entry = {"type": "user", "message": {"role": "user", "content": "hello"}}
    stamps = {"timestamp": "2026-03-01T10:00:00.000Z", "sessionId": "s", "uuid": "u"}
    rest = {"cwd": str(project), "isSidechain": False, "parentUuid": None, "version": "2.0.0"}
    transcript.write_text(json.dumps({**entry, **stamps, **rest}) + "\n")
    async with open_service(World(project)) as service, service.client() as client:
        imported = await client.ask(ImportHistory(transcripts=str(transcript)), Imported)
    assert (imported.path, imported.starts) == ("", 0)
    assert imported.report
    assert all(view.bundled for view in list_playable())


async def test_an_import_is_cancelled_and_leaves_nothing(
    open_service: OpenService, project: Path
) -> None:
    async with open_service(World(project)) as service, service.client() as client:
        importing = asyncio.ensure_future(client.ask(ImportHistory(), Imported))
        # Its request is on the way; what comes after it finds it begun.
        await asyncio.sleep(0)
        assert await client.do(CancelImport()) == "the import is cancelled"
        with pytest.raises(RefusedError, match="cancelled"):
            await importing
        assert all(view.bundled for view in list_playable())
        # Another one can begin.
        assert (await client.ask(ImportHistory(), Imported)).starts > 0


async def test_an_import_that_takes_too_long_is_ended(project: Path) -> None:
    with pytest.raises(ServiceError, match="longer than 0 s"):
        await HistoryImport(longest_s=0).run(project, "")
