"""Values survive their way through bytes, and damage is an error of one kind."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cache import CompressedPacker
from tests.cache.helpers import MsgpackPacker


class Note(msgspec.Struct):
    title: str
    parts: list[str]
    score: float | None = None


notes = st.builds(Note, st.text(), st.lists(st.text()), st.none() | st.floats(allow_nan=False))


@settings(max_examples=40, deadline=None)
@given(note=notes | st.none())
def test_what_was_packed_comes_back(note: Note | None) -> None:
    packer: CompressedPacker[Note | None] = CompressedPacker(MsgpackPacker(Note | None))
    assert packer.unpack(packer.pack(note)) == note


@given(data=st.binary())
def test_damaged_bytes_are_a_value_error(data: bytes) -> None:
    packer: CompressedPacker[Note] = CompressedPacker(MsgpackPacker(Note))
    with pytest.raises(ValueError, match=r"."):
        packer.unpack(b"\xff" + data)


def test_compression_is_as_durable_as_what_it_compresses() -> None:
    for durable in (True, False):
        inner: MsgpackPacker[Note] = MsgpackPacker(Note, durable=durable)
        assert CompressedPacker(inner).durable is durable
