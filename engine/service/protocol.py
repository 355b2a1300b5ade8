"""What the two ends of a connection must agree on: a number made of the messages' own form.

A message, a field or a value of an enumeration that is added, taken away or changed makes another
number by itself; what only documents them does not.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b

import msgspec

from engine.service import messages

_BYTES = 6
"""As many as a number in every JSON and MessagePack reader holds exactly."""


@cache
def protocol() -> int:
    """The number of the messages that this code sends and takes."""
    return number_of(message_types())


def message_types() -> list[type]:
    """Every type that `engine.service.messages` defines; no message holds one from elsewhere."""
    prefix = f"{messages.__name__}."
    return [
        kind
        for name, module in tuple(sys.modules.items())
        if name.startswith(prefix)
        for kind in vars(module).values()
        if isinstance(kind, type) and kind.__module__ == name
    ]


def number_of(types: Iterable[type]) -> int:
    """A number that differs, but for one case in 2**48, where anything on the wire does."""
    lines = sorted(repr(_form(kind)) for kind in types)
    return int.from_bytes(blake2b("\n".join(lines).encode(), digest_size=_BYTES).digest())


def _form(kind: type) -> tuple[object, ...]:
    """All of a type that its encoding follows from."""
    if issubclass(kind, msgspec.Struct):
        config = kind.__struct_config__
        return (
            kind.__name__,
            (config.tag_field, config.tag, config.array_like, config.omit_defaults),
            kind.__struct_encode_fields__,
            # Annotations are texts here: comparing them resolves, and costs, nothing.
            sorted(kind.__annotations__.items()),
            len(kind.__struct_defaults__),
        )
    if issubclass(kind, enum.Enum):
        return (kind.__name__, [member.value for member in kind])
    raise TypeError(f"{kind} is neither a message nor an enumeration")
