"""What all tests share."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from engine.settings import Settings
from engine.settings.words import describe_changes

_LONGEST_NAME = 60

# A loaded machine must not fail a test of behavior for being slow.
settings.register_profile("behavior", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=2_000)
"""By `pytest --hypothesis-profile thorough`; the suite itself has five minutes."""
settings.load_profile("behavior")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """For `-n auto`: half as many again as there are cores, for a quarter of the time is waiting.

    Most of that is for the start and the end of engines and consoles, and for screens to settle.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = os.cpu_count() or 1
    return cores + (cores + 1) // 2


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """A name that a person can read, where the value itself would make a page or a megabyte."""
    match val:
        case Settings():
            return describe_changes(Settings(), val).replace("−", "-") or "defaults"
        case str() | bytes() if len(val) > _LONGEST_NAME:
            return f"{ascii(val[:_LONGEST_NAME])[:_LONGEST_NAME]}... of {len(val)}"
        case _:
            return None
