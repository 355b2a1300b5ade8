"""Reading a trace for a forecast: a workload, or a CSV file of `t,key,op`."""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from engine.errors import WorkloadError
from engine.forecast.accesses import OPERATIONS, Accesses, accesses_of
from engine.replay.trace import ProjectLinks
from engine.replay.trace import accesses as workload_accesses
from engine.replay.workload import CORRECT_LINE, MAX_LINE_BYTES, Workload, read_workload

_HEADER = ("t", "key", "op")
_GREATEST_TIME = 2**53
"""Greater whole times could not be compared exactly."""


@dataclass(frozen=True, eq=False)
class Trace:
    """What a forecast is made from."""

    accesses: Accesses
    """For hits: writes of a workload invalidate."""
    unvalidated: Accesses
    """For staleness: writes of a workload go unheard."""


def read_trace(path: Path, links: ProjectLinks | None = None) -> Trace:
    """Read a workload or a CSV file, gzipped or not; which of them is told by the content.

    Args:
        links: what is known of the workload's project; without it, a write to a work item or an
            agent counts for every task that it might touch.

    Raises:
        WorkloadError: it cannot be read, is malformed or holds no read.
    """
    trace = (
        _csv_trace(path) if _looks_like_csv(path) else workload_trace(read_workload(path), links)
    )
    if not len(trace.accesses.reads):
        raise WorkloadError(f"{path}: no reads in it", "a forecast needs at least one")
    return trace


def workload_trace(workload: Workload, links: ProjectLinks | None = None) -> Trace:
    """The trace of a workload: a key is a task and a role."""
    found = accesses_of(workload_accesses(workload.events, links))
    return Trace(found, found.with_unseen_writes())


def _csv_trace(path: Path) -> Trace:
    found = accesses_of(_csv_rows(path))
    return Trace(found, found)


def _looks_like_csv(path: Path) -> bool:
    """A workload's first line that is not blank begins with a brace."""
    for line in _lines(path):
        if line.strip():
            return not line.lstrip().startswith("{")
    return True


def _csv_rows(path: Path) -> Iterator[tuple[float, str, str]]:
    rows = csv.reader(_lines(path), strict=True)
    first = True
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise WorkloadError(f"{path}, line {rows.line_num}: {error}", CORRECT_LINE) from None
        cells = [cell.strip() for cell in row]
        if any(cells):
            if not (first and tuple(cell.lower() for cell in cells) == _HEADER):
                yield _csv_row(f"{path}, line {rows.line_num}", cells)
            first = False


def _csv_row(where: str, cells: list[str]) -> tuple[float, str, str]:
    if len(cells) != len(_HEADER):
        raise WorkloadError(f"{where}: {len(cells)} columns, wanted are t,key,op", CORRECT_LINE)
    time, key, operation = cells
    if operation not in OPERATIONS:
        raise WorkloadError(f"{where}: op is {operation!r}, wanted is r, w or u", CORRECT_LINE)
    return _time(where, time), key, operation


def _time(where: str, text: str) -> float:
    try:
        time = int(text)
    except ValueError:
        try:
            time = float(text)  # type: ignore[assignment]
        except ValueError:
            raise WorkloadError(f"{where}: t is {text!r}, no number", CORRECT_LINE) from None
    if not math.isfinite(time) or abs(time) > _GREATEST_TIME:
        raise WorkloadError(
            f"{where}: t is {text}, beyond what can be compared exactly", CORRECT_LINE
        )
    return time


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as plain:
            zipped = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            stream = gzip.GzipFile(fileobj=plain) if zipped else plain
            for number, line in enumerate(
                iter(partial(stream.readline, MAX_LINE_BYTES + 1), b""), 1
            ):
                if len(line) > MAX_LINE_BYTES:
                    raise WorkloadError(
                        f"{path}, line {number}: longer than {MAX_LINE_BYTES // 2**20} MB",
                        CORRECT_LINE,
                    )
                text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                yield text.decode("utf-8")
    except FileNotFoundError:
        raise WorkloadError(
            f"{path}: no such file", "name a workload or a CSV; taskstart scenarios lists the first"
        ) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise WorkloadError(
            f"{path}: damaged gzip ({error})", "make or copy the file again"
        ) from error
    except UnicodeDecodeError as error:
        raise WorkloadError(
            f"{path}: not UTF-8 ({error.reason})", "name a workload, or a CSV of t,key,op"
        ) from error
    except OSError as error:
        raise WorkloadError(
            f"{path}: {error.strerror or error}", "name a file that you may read"
        ) from error
