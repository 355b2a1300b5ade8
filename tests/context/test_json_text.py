"""JSON decodes to what `json.loads` gives, whichever decoder does it."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.json_text import JsonTextError, decode_json, decode_json_twice

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
)


@given(_VALUES)
def test_every_document_decodes_as_the_standard_library_decodes_it(value: object) -> None:
    text = json.dumps(value)
    assert decode_json(text) == json.loads(text)
    assert repr(decode_json(text)) == repr(json.loads(text))


@given(st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \\u\t\n', max_size=20))
def test_what_the_standard_library_refuses_is_refused(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(JsonTextError):
            decode_json(text)
    else:
        if not any(0xD800 <= ord(character) <= 0xDFFF for character in str(expected)):
            assert repr(decode_json(text)) == repr(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, "a": 2}', {"a": 2}),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("1e400", math.inf),
        ("-Infinity", -math.inf),
        ("  [1] \n", [1]),
    ],
)
def test_unusual_json(text: str, expected: object) -> None:
    assert decode_json(text) == expected


def test_nan_is_kept() -> None:
    assert math.isnan(decode_json('{"a": NaN}')["a"])


def test_a_lone_surrogate_becomes_a_character_that_can_be_printed() -> None:
    decoded = decode_json(r'{"k\ud800": ["x\udfff\u00e9", "\ud83d\ude00"]}')
    printable = json.dumps(decoded, ensure_ascii=False).encode("utf-8").decode("utf-8")
    assert "\ufffd" in printable
    assert "é" in printable
    assert "😀" in printable


@pytest.mark.parametrize("text", ["", "{", "[1,]", "\ufeff{}", "[" * 100_000, '"' + "9" * 3])
def test_text_that_is_not_json(text: str) -> None:
    with pytest.raises(JsonTextError):
        decode_json(text)


def test_json_written_twice_is_decoded_twice() -> None:
    assert decode_json_twice(json.dumps(json.dumps({"a": 1}))) == {"a": 1}
    assert decode_json_twice('{"a": 1}') == {"a": 1}
    with pytest.raises(JsonTextError):
        decode_json_twice('"plain words"')
