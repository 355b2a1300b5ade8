"""Figures as a person reads them; `None` is always a dash."""

from __future__ import annotations

import math

DASH = "–"


def milliseconds(value: float | None) -> str:
    """`145`, `77.4`, `0.93`, `0.004`: three figures are enough to compare by eye."""
    if value is None:
        return DASH
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 100:
        return f"{value:.0f}" if size >= 999.95 else f"{value:.1f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 0.1 or size == 0:
        return f"{value:.2f}"
    return f"{value:.3f}"


def amount(value: float | None, unit: str) -> str:
    """A metric's value with its unit."""
    if value is None:
        return DASH
    if unit == "ms":
        return f"{milliseconds(value)} ms"
    if unit == "MB":
        return f"{value:,.0f} MB"
    return f"{value:.1f} {unit}"


def limit(value: float, unit: str) -> str:
    """A limit with its unit, without needless decimals."""
    return f"{value:,g} {unit}"


def count(value: int) -> str:
    """A whole number with thousands separators."""
    return f"{value:,}"


def percent(part: float, whole: float) -> str:
    """`part` of `whole`; a dash when nothing was asked."""
    return f"{100 * part / whole:.1f} %" if whole else DASH


def share(value: float | None) -> str:
    """A share of one, as `24.0 %`."""
    return DASH if value is None else f"{100 * value:.1f} %"


def minutes(seconds: float) -> str:
    """A length of time as `0:07`, `12:40`, `3:05:00`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    mins, secs = divmod(rest, 60)
    return f"{hours}:{mins:02}:{secs:02}" if hours else f"{mins}:{secs:02}"


def played(position_s: float, duration_s: float) -> str:
    """How much of a replay has been played: `0:31/1:20`, to the nearest second as lists say it."""
    return f"{minutes(round(position_s))}/{minutes(round(duration_s))}"


_UNITS = (("d", 86_400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 0.001))


def duration(seconds: float) -> str:
    """A time to keep something: `30 min`, `1.5 h`, `7 d`, `250 ms`; `none` for 0."""
    if seconds == 0:
        return "none"
    for unit, size in _UNITS:
        if seconds >= size:
            value = seconds / size
            if math.isclose(value, round(value), abs_tol=1e-9):
                return f"{value:,.0f} {unit}"
            if unit != "d" or value >= 2:
                return f"{value:.1f} {unit}".replace(".0 ", " ")
    return f"{seconds * 1000:.3g} ms"


def size(value: float | None) -> str:
    """Bytes as `48 B`, `2.3 KB`, `1.2 MB`."""
    if value is None:
        return DASH
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if value >= factor:
            return f"{value / factor:.1f} {unit}"
    return f"{value:.0f} B"


_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: list[float | None], width: int, top: float | None = None) -> str:
    """The last `width` values as blocks from 0 to `top` (default: their maximum); gaps blank."""
    tail = values[-width:]
    known = [value for value in tail if value is not None]
    highest = top if top else max(known, default=0.0)
    marks = []
    for value in tail:
        if value is None:
            marks.append(" ")
        elif highest <= 0:
            marks.append(_BLOCKS[0])
        else:
            step = round(min(1.0, value / highest) * (len(_BLOCKS) - 1))
            marks.append(_BLOCKS[step])
    return "".join(marks).rjust(width)


def bar(fraction: float, width: int) -> str:
    """A horizontal bar of eighths of a cell, padded to `width`."""
    eighths = round(min(1.0, max(0.0, fraction)) * width * 8)
    full, part = divmod(eighths, 8)
    text = "█" * full + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[part]
    return text.ljust(width)
