"""A small project that every test of the benchmarks reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.demo import make_demo


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("bench") / "shop", tasks=12, agents=8).root
