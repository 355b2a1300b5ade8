"""The ring of a live cache's accesses becomes the trace that happened."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.forecast.accesses import accesses_of
from engine.forecast.covering import lazy_hits, ttl_hits
from engine.forecast.recorded import accesses_of_recorded
from engine.forecast.recorder import AccessRecorder
from tests.forecast.traces import Row, rows_of


def record(recorder: AccessRecorder, rows: list[Row]) -> None:
    for time, key, operation in rows:
        whole_key = (key, None if key % 2 else "reviewer")
        (recorder.read if operation == "r" else recorder.write)(time, whole_key)


@settings(max_examples=100, deadline=None)
@given(rows=rows_of("rrrw"), capacity=st.integers(1, 100))
def test_the_ring_holds_the_last_accesses_in_their_order(rows: list[Row], capacity: int) -> None:
    recorder = AccessRecorder(capacity)
    record(recorder, rows)
    kept = rows[-capacity:]
    assert len(recorder) == recorder.snapshot().count == len(kept)
    found = accesses_of_recorded(recorder.snapshot())
    expected = accesses_of(kept)
    assert found.times.tolist() == expected.times.tolist()
    assert found.operations.tolist() == expected.operations.tolist()
    assert ttl_hits(found, [1, 3, 9]) == ttl_hits(expected, [1, 3, 9])
    assert lazy_hits(found, [2, 4], [5]) == lazy_hits(expected, [2, 4], [5])


def test_a_cleared_ring_is_empty() -> None:
    recorder = AccessRecorder(4)
    record(recorder, [(time, 1, "r") for time in range(9)])
    recorder.clear()
    assert len(recorder) == 0
    assert recorder.snapshot().count == 0
