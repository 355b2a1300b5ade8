"""Child processes do not outlive whoever began them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from engine.children import RUN_MODULE, end_child


async def deaf() -> asyncio.subprocess.Process:
    """A process that does not care that its standard input has ended."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "import threading; threading.Event().wait()"),
        stdin=asyncio.subprocess.PIPE,
    )


async def test_one_that_does_not_end_is_killed() -> None:
    process = await deaf()
    await end_child(process, 0.05)
    assert process.returncode == -9


async def test_nor_does_it_outlive_a_caller_who_is_cancelled() -> None:
    process = await deaf()
    ending = asyncio.create_task(end_child(process, 60.0))
    await asyncio.sleep(0)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert process.returncode == -9


def test_the_folder_that_one_stands_in_is_no_place_for_our_modules(tmp_path: Path) -> None:
    for name in ("engine", "asyncio"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the wrong one')\n")
    asked = subprocess.run(
        [*RUN_MODULE, "engine.service.process", "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
