"""The packed form of a row bundle, for the levels of its cache below L1."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.storage.rows import Row, RowBundle

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder()


class RowPacker:
    """MessagePack of plain rows; untyped, since a cell may be text or bytes."""

    durable = True

    def pack(self, value: RowBundle) -> bytes:
        """The bytes of all rows."""
        return _encoder.encode(
            (
                value.task,
                value.work_item,
                value.project,
                value.project_context,
                value.work_item_context,
                value.task_context,
                value.agent,
                value.assigned_agent,
                value.summaries,
            )
        )

    def unpack(self, data: bytes) -> RowBundle:
        """The inverse of `pack`.

        Raises:
            ValueError: the bytes are damaged.
        """
        *entities, summaries = _decoder.decode(data)
        bundle: list[Any] = [_row(row) for row in entities]
        bundle.append(tuple([tuple(row) for row in summaries]))
        return RowBundle(*bundle)


def _row(cells: list[object] | None) -> Row | None:
    return None if cells is None else tuple(cells)  # type: ignore[arg-type]
