"""The number that two ends compare: it changes with the messages, by itself."""

from __future__ import annotations

import enum
import subprocess
import sys
from typing import Any

import msgspec
import msgspec.inspect
import pytest

from engine.service.messages import Request
from engine.service.messages.envelopes import ToViewer
from engine.service.protocol import message_types, number_of, protocol

BEFORE = """
class Level(enum.StrEnum):
    LOW = "low"

class Part(msgspec.Struct):
    size: int

class Play(msgspec.Struct, tag=True):
    name: str
    part: Part | None = None
"""


def number(source: str) -> int:
    """The number of the types that `source` defines."""
    defined: dict[str, Any] = {"msgspec": msgspec, "enum": enum, "__name__": "made"}
    exec(f"from __future__ import annotations\n{source}", defined)
    return number_of(
        kind for kind in defined.values() if isinstance(kind, type) and kind.__module__ == "made"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("size: int", "size: float"),
        ("size: int", "size: int\n    unit: str"),
        ("size: int", "bytes: int"),
        ("name: str", "name: str = ''"),
        ("part: Part | None = None", ""),
        ("tag=True", "tag='play'"),
        ("tag=True", "tag=True, tag_field='kind'"),
        ("tag=True", "tag=True, omit_defaults=True"),
        ("tag=True", "tag=True, rename='camel', array_like=True"),
        ('LOW = "low"', 'LOW = "lowest"'),
        ('LOW = "low"', 'LOW = "low"\n    HIGH = "high"'),
        ("class Part(", "class Pause(msgspec.Struct, tag=True):\n    pass\n\nclass Part("),
    ],
)
def test_what_goes_over_the_wire_makes_the_number(old: str, new: str) -> None:
    assert old in BEFORE
    assert number(BEFORE.replace(old, new)) != number(BEFORE)


def test_what_only_documents_it_does_not() -> None:
    documented = BEFORE.replace("size: int", 'size:  int  # bytes\n    """How large."""')
    assert number(documented) == number(BEFORE)
    assert number("\n\n".join(reversed(BEFORE.split("\n\n")))) == number(BEFORE)


def test_two_processes_of_the_same_code_agree() -> None:
    code = "from engine.service.protocol import protocol; print(protocol())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) == protocol()


def test_no_message_holds_a_type_from_elsewhere() -> None:
    """One would change without changing the number."""
    reached: set[type] = set()

    def reach(what: Any) -> None:
        if isinstance(what, msgspec.inspect.StructType | msgspec.inspect.EnumType):
            if what.cls in reached:
                return
            reached.add(what.cls)
        if isinstance(what, tuple):
            for one in what:
                reach(one)
        elif isinstance(what, msgspec.inspect.Type | msgspec.inspect.Field):
            for name in what.__struct_fields__:
                reach(getattr(what, name))

    reach(msgspec.inspect.multi_type_info([Request, ToViewer]))
    assert len(reached) > 50
    assert reached <= set(message_types())
