"""The reference run: kept by one console, found by the next, per project."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.errors import WorkloadError
from engine.replay.latency import latency_of
from engine.replay.report import ReplayReport
from engine.service.client import EngineClient, RefusedError
from engine.service.messages import GetReference, KeepReference, Reference
from engine.service.reference import keep_reference, read_reference, reference_path

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def report(workload: str = "workday") -> dict[str, Any]:
    made = ReplayReport(
        workload=workload,
        project="shop",
        state="finished",
        profile="native",
        modeled=False,
        freshness="strict",
        optimizations="all",
        speed=1.0,
        starts=2,
        warm=1,
        errors=0,
        failures={},
        latency=latency_of([40_000, 900_000]),
        database=latency_of([500_000]),
        phases_ms={"database": 0.25},
        segments=[],
        caches=[],
        hit_rate=0.5,
        kinds={},
    )
    fields: dict[str, Any] = msgspec.to_builtins(made)
    return fields


async def test_what_one_console_keeps_another_finds(client: EngineClient, data: Path) -> None:
    assert await client.ask(GetReference(), Reference) == Reference()
    told = await client.do(KeepReference(report=report()))
    assert "workday is the project's reference run" in told
    found = await client.ask(GetReference(), Reference)
    assert found.report == report()
    assert found.kept_at is not None
    await client.do(KeepReference(report=report("fan-out")))
    assert (await client.ask(GetReference(), Reference)).report["workload"] == "fan-out"
    await client.do(KeepReference(report={}))
    assert await client.ask(GetReference(), Reference) == Reference()
    assert not list((data / "taskstart-console" / "references").iterdir())


async def test_what_is_no_report_is_refused_and_nothing_is_lost(client: EngineClient) -> None:
    await client.do(KeepReference(report=report()))
    with pytest.raises(RefusedError, match="no report of a replay"):
        await client.do(KeepReference(report={"workload": "half"}))
    assert (await client.ask(GetReference(), Reference)).report == report()


def test_each_project_has_its_own(tmp_path: Path) -> None:
    one, other = tmp_path / "a" / "shop", tmp_path / "b" / "shop"
    keep_reference(one, report(), NOW)
    assert read_reference(other) == Reference()
    assert read_reference(one).kept_at == NOW


def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = keep_reference(tmp_path, report(), NOW)
    assert path == reference_path(tmp_path)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(WorkloadError, match="no kept run") as raised:
        read_reference(tmp_path)
    assert "k on Replay" in raised.value.remedy


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, data: Path) -> None:
    data.write_text("a file where the folder should be")
    with pytest.raises(WorkloadError, match="cannot be written"):
        keep_reference(tmp_path, report(), NOW)
