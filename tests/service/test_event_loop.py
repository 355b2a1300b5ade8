"""The engine's process runs on libuv where that is installed, and without it as well."""

from __future__ import annotations

import asyncio
import sys

import pytest
import uvloop

from engine.service.event_loop import run_served


async def _own_loop() -> type[asyncio.AbstractEventLoop]:
    await asyncio.sleep(0)
    return type(asyncio.get_running_loop())


def test_it_is_libuvs() -> None:
    assert run_served(_own_loop()) is uvloop.Loop


def test_without_it_asyncios_own_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert issubclass(run_served(_own_loop()), asyncio.BaseEventLoop)
