"""Figures in words, the same on every screen."""

from __future__ import annotations

from datetime import datetime


def clock_text(moment: datetime) -> str:
    """The clock time of a moment in the person's own time zone, HH:MM:SS."""
    return moment.astimezone().strftime("%H:%M:%S")


def duration_text(seconds: float) -> str:
    """A stretch of time: `0:07`, `12 min`, `3.1 h`, `2.4 d`."""
    whole = max(0, round(seconds))
    if whole < 600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 5_400:
        return f"{whole / 60:.0f} min"
    if whole < 172_800:
        return f"{whole / 3_600:.1f} h"
    return f"{whole / 86_400:.1f} d"


def reach_text(seconds: float) -> str:
    """How far a chosen window reaches: `60 s`, `5 min`, `1 h`."""
    if seconds <= 90 or seconds % 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min" if seconds < 3_600 else f"{seconds / 3_600:g} h"


def figure_text(value: float) -> str:
    """A figure with three significant digits: `145`, `76.2`, `0.31`, `0.042`."""
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 0.1 else f"{value:.3f}"


def figure_beside(value: float, limit: float) -> str:
    """`figure_text`, with more digits where it would read like the limit beside it: `89.96`."""
    text = figure_text(value)
    for digits in range(2, 7):
        if value == limit or float(text.replace(",", "")) != limit:
            break
        text = f"{value:,.{digits}f}"
    return text


def count_text(value: int) -> str:
    """A count with its thousands apart."""
    return f"{value:,}"
