"""Plain text of at most 100 columns: aligned tables and numbers that fit them."""

from __future__ import annotations

from collections.abc import Sequence

from engine.bench.machine import Machine
from engine.bench.samples import Interval, Ratio

WIDTH = 100
NOTHING = "–"


def heading(command: str, project: str) -> str:
    """The first line of a report; of a long path its end is shown."""
    room = WIDTH - len(command) - 2
    shown = project if len(project) <= room else f"…{project[-(room - 1) :]}"
    return f"{command}: {shown}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows below a header; the first column is aligned to the left, the others to the right."""
    columns = list(zip(header, *rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    return [_line(cells, widths) for cells in (header, *rows)]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "  " + "  ".join([first, *rest]).rstrip()


def milliseconds(value: float | None) -> str:
    """Three significant figures or so, without a unit."""
    if value is None:
        return NOTHING
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    if value >= 1:
        return f"{value:.2f}"
    return f"{value:.4f}" if value < 0.01 else f"{value:.3f}"


def span(interval: Interval | None) -> str:
    """An interval of milliseconds."""
    if interval is None:
        return NOTHING
    return f"{milliseconds(interval.low)}–{milliseconds(interval.high)}"


def part(ratio: Ratio | None) -> str:
    """A ratio as `1/52 (1/55–1/50)`, or as a factor where it is above one."""
    if ratio is None:
        return NOTHING
    return f"{_part(ratio.value)} ({_part(ratio.interval.low)}–{_part(ratio.interval.high)})"


def _part(value: float) -> str:
    if value <= 0:
        return "0"
    if value > 1:
        return f"×{value:.2f}"
    inverse = 1 / value
    return f"1/{inverse:,.0f}" if inverse >= 10 else f"1/{inverse:.1f}"


def factor(ratio: Ratio | None) -> str:
    """A ratio as `×2.10 (×2.05–×2.16)`."""
    if ratio is None:
        return NOTHING
    return f"×{ratio.value:.2f} (×{ratio.interval.low:.2f}–×{ratio.interval.high:.2f})"


def kilobytes(count: float) -> str:
    """Bytes as kB (10^3 bytes)."""
    return f"{count / 1000:,.0f} kB"


def machine_lines(machine: Machine) -> list[str]:
    """The fingerprint, and a warning on a busy machine."""
    load = " ".join(f"{value:.2f}" for value in machine.load)
    lines = [
        f"{machine.cpu[:48]}, {machine.cores} cores, {machine.system}",
        f"{machine.python}, SQLite {machine.sqlite}, taskstart {machine.product}, load {load}",
    ]
    if machine.busy:
        lines.append("the machine was busy: on a quiet one figures are lower, ratios much the same")
    return [line if len(line) <= WIDTH - 2 else f"{line[: WIDTH - 3]}…" for line in lines]
