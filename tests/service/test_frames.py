"""Frames: bounded, whole, and what does not fit is told apart."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.service.frames import (
    FrameError,
    UnknownCommandError,
    decode_message,
    decode_request,
    encode_frame,
    read_frame,
)
from engine.service.messages import ChangeSettings, Done, Event, Play, Reply, Request, StartTask


def reader_of(content: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(content)
    reader.feed_eof()
    return reader


async def test_frames_come_back_one_by_one() -> None:
    first, second = Request(id=1, command=Play(name="workday")), Event(title="a", text="b")
    reader = reader_of(encode_frame(first) + encode_frame(second))
    body = await read_frame(reader, 1000)
    assert body is not None
    assert decode_request(body) == first
    body = await read_frame(reader, 1000)
    assert body is not None
    assert decode_message(body) == second
    assert await read_frame(reader, 1000) is None


@pytest.mark.parametrize("cut", [1, 3, 4, 10])
async def test_a_frame_that_breaks_off_is_an_error(cut: int) -> None:
    frame = encode_frame(Request(id=1, command=Play(name="workday")))
    with pytest.raises(FrameError, match="broke off"):
        await read_frame(reader_of(frame[:cut]), 1000)


async def test_a_huge_announcement_is_refused_before_its_body_is_read() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"\xff\xff\xff\xff")
    with pytest.raises(FrameError, match="4,294,967,295"):
        await read_frame(reader, 1 << 20)


@given(st.binary(max_size=200))
def test_garbage_is_never_a_request_and_never_another_exception(body: bytes) -> None:
    try:
        decode_request(body)
    except FrameError:
        return
    raise AssertionError(f"{body!r} was taken for a request")


def test_an_unknown_command_keeps_its_number() -> None:
    body = msgspec.msgpack.encode({"type": "Request", "id": 7, "command": {"type": "Explode"}})
    with pytest.raises(UnknownCommandError) as caught:
        decode_request(body)
    assert caught.value.request_id == 7


@given(
    st.dictionaries(
        st.text(max_size=20),
        st.one_of(st.booleans(), st.integers(-(2**63), 2**63), st.text(max_size=20)),
    )
)
def test_changes_of_settings_come_through_unchanged(changes: dict[str, object]) -> None:
    request = Request(id=1, command=ChangeSettings(changes=changes))
    assert decode_request(encode_frame(request)[4:]) == request


def test_a_reply_comes_through_with_its_body() -> None:
    reply = Reply(id=3, body=Done(text="done"))
    assert decode_message(encode_frame(reply)[4:]) == reply


@pytest.mark.parametrize("command", [StartTask(task_id=10**30), Play(name="half \ud83d")])
def test_what_no_message_can_hold_is_an_error_of_the_service(command: StartTask | Play) -> None:
    with pytest.raises(FrameError, match="cannot be sent"):
        encode_frame(Request(id=1, command=command))
