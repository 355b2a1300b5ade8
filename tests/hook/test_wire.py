"""The short way of reading a plain request makes of it what the parser makes of it."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from engine.hook.wire import HttpRequest, Progress, RefusalError, RequestReader

HEADS = st.sampled_from(
    [
        b"POST /taskstart HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n",
        b"POST /claude-code HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n",
        b"POST /taskstart HTTP/1.1\r\nHost: localhost\r\nContent-Length: 00%d\r\n\r\n",
        b"POST /taskstart HTTP/1.0\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n",
        b"POST /taskstart HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nX: y\r\n\r\n",
        b"POST /taskstart HTTP/1.1\nHost: localhost\nContent-Length: %d\n\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: %d\r\n\r\n",
    ]
)
REQUESTS = st.tuples(HEADS, st.binary(max_size=40), st.integers(-2, 2))


def read(
    reader: RequestReader, pieces: list[bytes], *, short_way: bool
) -> tuple[list[HttpRequest], object]:
    found: list[HttpRequest] = []
    try:
        for piece in pieces:
            between = reader.progress is Progress.NOTHING
            plain = reader.whole_plain(piece) if short_way and between else None
            found += reader.feed(piece) if plain is None else [plain]
    except RefusalError as refusal:
        return found, (refusal.status, refusal.line)
    return found, reader.progress


@given(
    requests=st.lists(REQUESTS, max_size=4),
    together=st.booleans(),
    cuts=st.lists(st.integers(0, 200), max_size=3),
    most=st.sampled_from([10, 2**20]),
)
def test_both_ways_read_alike(
    requests: list[tuple[bytes, bytes, int]], together: bool, cuts: list[int], most: int
) -> None:
    pieces = [head % max(0, len(body) + off) + body for head, body, off in requests]
    if together:
        whole = b"".join(pieces)
        edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
        pieces = [whole[a:b] for a, b in itertools.pairwise(edges)]

    both = [
        read(RequestReader(most_body_bytes=most), pieces, short_way=short_way)
        for short_way in (True, False)
    ]
    assert both[0] == both[1]


def test_our_own_clients_request_is_plain() -> None:
    body = b'{"task_id": 7}'
    data = b"POST /taskstart HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\r\n" + body
    assert RequestReader().whole_plain(data) == RequestReader().feed(data)[0]
