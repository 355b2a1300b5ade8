"""What the signals of job control do to a console."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tui.job_control import resume_only_when_stopped

SIGNALS = (signal.SIGTSTP, signal.SIGCONT)


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """What reaches the handlers that were there before."""
    heard: list[str] = []
    before = [signal.getsignal(number) for number in SIGNALS]
    for number in SIGNALS:
        signal.signal(number, lambda number, frame: heard.append(signal.Signals(number).name))
    resume_only_when_stopped()
    yield heard
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


def test_a_terminal_that_goes_away_is_no_end_of_a_stop(heard: list[str]) -> None:
    signal.raise_signal(signal.SIGCONT)
    assert heard == []


def test_each_stop_ends_once(heard: list[str]) -> None:
    for _ in range(2):
        for number in (signal.SIGTSTP, signal.SIGCONT, signal.SIGCONT):
            signal.raise_signal(number)
    assert heard == ["SIGTSTP", "SIGCONT"] * 2
