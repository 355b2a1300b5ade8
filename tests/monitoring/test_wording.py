"""Figures in words."""

from __future__ import annotations

import pytest

from engine.monitoring.wording import figure_beside


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [
        (66.7, 90.0, "66.7"),
        (89.96, 90.0, "89.96"),
        (89.9996, 90.0, "89.9996"),
        (90.0, 90.0, "90"),
        (100.4, 100.0, "100.40"),
        (1_000.2, 1_000.0, "1,000.20"),
        (89.999_999_99, 90.0, "90.000000"),
    ],
)
def test_a_figure_beyond_its_limit_does_not_read_like_the_limit(
    value: float, limit: float, text: str
) -> None:
    assert figure_beside(value, limit) == text
