"""The reference figures of three generated traces, and what a wrong algorithm would give."""

from __future__ import annotations

from collections import OrderedDict

import pytest

from engine.forecast.accesses import READ, Accesses, accesses_of
from engine.forecast.covering import lazy_hits, lru_hits, ttl_hits
from engine.forecast.simulation import LevelLimits, simulate_eager, simulate_levels
from engine.forecast.staleness import staleness
from tests.forecast.traces import generated, reads, simulate_lazy

TTLS = [1, 10, 100, 500, 1000, 5000, 20000, 60000, 300000]
SIZES = [1, 10, 50, 100, 200, 300, 500]
CELLS = [(50, 1000), (100, 5000), (200, 20000)]

EXPECTED = {
    "S1": {
        "reads": 20000,
        "ttl": [20, 145, 1836, 5863, 8439, 14274, 17528, 18826, 19584],
        "lru": [251, 2157, 8556, 13165, 17645, 19228, 19584],
        "lazy": [7606, 12540, 16918],
        "eager": [7858, 12674, 17039],
    },
    "S2": {
        "reads": 18004,
        "ttl": [11, 113, 1493, 4843, 6960, 11926, 14606, 15537, 15877],
        "lru": [195, 1935, 7283, 11183, 14681, 15710, 15877],
        "lazy": [6469, 10750, 14277],
        "eager": [6681, 10842, 14381],
    },
    "S3": {
        "reads": 19026,
        "ttl": [16, 139, 1725, 5472, 7853, 13397, 16594, 17858, 18615],
        "lru": [230, 2181, 8246, 12578, 16782, 18301, 18615],
        "lazy": [7262, 11904, 16056],
        "eager": [7479, 12045, 16186],
    },
}


@pytest.fixture(scope="module")
def traces() -> dict[str, Accesses]:
    return {
        "S1": accesses_of(generated(1, 0, "r")),
        "S2": accesses_of(generated(2, 10, "w")),
        "S3": accesses_of(generated(3, 5, "u")),
    }


def test_the_generator_begins_as_the_reference_does() -> None:
    rows = generated(1, 0, "r")
    assert [next(rows) for _ in range(3)] == [(8, 44, "r"), (16, 18, "r"), (16, 218, "r")]


@pytest.mark.parametrize("name", EXPECTED)
def test_hits(traces: dict[str, Accesses], name: str) -> None:
    trace, expected = traces[name], EXPECTED[name]
    assert len(trace.reads) == expected["reads"]
    assert list(ttl_hits(trace, TTLS).values()) == expected["ttl"]
    assert list(lru_hits(trace, SIZES).values()) == expected["lru"]
    sizes, ttls = zip(*CELLS, strict=True)
    joint = lazy_hits(trace, sizes, ttls)
    assert [joint[cell] for cell in CELLS] == expected["lazy"]
    assert [simulate_lazy(trace, *cell) for cell in CELLS] == expected["lazy"]
    assert [simulate_eager(trace, *cell) for cell in CELLS] == expected["eager"]


def test_staleness(traces: dict[str, Accesses]) -> None:
    assert staleness(traces["S3"], [100, 1000, 5000, 20000]) == {
        100: (9, 281, 84),
        1000: (302, 97442, 909),
        5000: (2039, 3516645, 4958),
        20000: (5705, 41858677, 19760),
    }


def test_levels(traces: dict[str, Accesses]) -> None:
    levels = [LevelLimits(20, 600), LevelLimits(100, 3000), LevelLimits(400, 18000)]
    result = simulate_levels(traces["S1"], levels)
    assert (sum(result.hits), result.reads) == (17371, 20000)
    assert result.oldest <= 17999


# ---- what must not come out -----------------------------------------------------------------


def test_a_ttl_is_not_a_sliding_one(traces: dict[str, Accesses]) -> None:
    trace = traces["S1"]
    last: dict[int, int] = {}
    sliding = 0
    for time, key in zip(trace.times.tolist(), trace.keys.tolist(), strict=True):
        sliding += key in last and time - last[key] < 1000
        last[key] = time
    assert sliding == 10432
    assert ttl_hits(trace, [1000])[1000] == 8439


def test_an_invalidated_entry_leaves_a_hole(traces: dict[str, Accesses]) -> None:
    """Deleting it from the order, as if the others moved up, overestimates."""
    trace = traces["S2"]
    order: OrderedDict[int, None] = OrderedDict()
    naive = dict.fromkeys((50, 100, 200, 300), 0)
    for key, operation in zip(trace.keys.tolist(), trace.operations.tolist(), strict=True):
        if operation != READ:
            order.pop(key, None)
            continue
        if key in order:
            distance = len(order) - list(order).index(key)
            for size in naive:
                naive[size] += distance <= size
        order[key] = None
        order.move_to_end(key)
    assert list(naive.values()) == [7289, 11196, 14697, 15725]
    assert list(lru_hits(trace, naive).values()) == [7283, 11183, 14681, 15710]


# ---- by hand --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "ttl", "hits"),
    [
        ((0, 6, 12), 6, 0),
        ((0, 6, 12), 7, 1),
        ((0, 6, 12), 12, 1),
        ((0, 6, 12), 13, 2),
        ((0, 4, 8, 12, 16), 5, 2),
        ((0, 4, 8, 12, 16), 9, 3),
        ((0, 5, 6), 5, 1),
        ((0, 5, 6), 6, 1),
        ((3, 3, 3), 0, 0),
        ((3, 3, 3), 1, 2),
        ((), 5, 0),
    ],
)
def test_one_key_by_hand(times: tuple[int, ...], ttl: float, hits: int) -> None:
    trace = reads(*times)
    assert ttl_hits(trace, [ttl]) == {ttl: hits}
    assert simulate_lazy(trace, 1, ttl) == hits


def test_a_hole_by_hand() -> None:
    rows = [(0, "a", "r"), (1, "b", "r"), (2, "c", "r"), (3, "c", "w"), (4, "a", "r")]
    assert lru_hits(accesses_of(rows), [2, 3]) == {2: 0, 3: 1}
