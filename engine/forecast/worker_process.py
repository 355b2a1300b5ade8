"""The forecast worker: `python -m engine.forecast.worker_process`, spoken to by pipes.

Frames are a 4-byte big-endian length and MessagePack. It ends when its standard input does, so it
never outlives the engine that started it.
"""

from __future__ import annotations

import os
import struct
import sys
from typing import BinaryIO

import msgspec

from engine.forecast.accesses import Accesses
from engine.forecast.covering import lru_hits, ttl_hits
from engine.forecast.recorded import accesses_of_recorded
from engine.forecast.requests import (
    Answer,
    Ask,
    CellPoint,
    Curves,
    Load,
    Loaded,
    Question,
    Refused,
    SizePoint,
    TtlPoint,
)
from engine.forecast.simulation import simulate_lazy
from engine.forecast.staleness import staleness

_NICENESS = 10
"""A forecast may take a moment longer; a start may not."""


class Forecaster:
    """Holds the trace that was loaded last, so that a moved slider costs one curve only."""

    def __init__(self) -> None:
        self._heard: Accesses | None = None
        self._unheard: Accesses | None = None

    def answer(self, question: Question) -> Answer:
        """Answer one question."""
        match question:
            case Load(recorded):
                return self._load(accesses_of_recorded(recorded))
            case Ask():
                return self._ask(question)

    def _load(self, accesses: Accesses) -> Loaded:
        self._heard = accesses
        self._unheard = accesses.with_unseen_writes()
        reads = self._unheard.reads
        return Loaded(
            reads=len(reads),
            cold=int(reads.forced.sum()),
            keys=accesses.distinct_keys,
            span=accesses.span,
        )

    def _ask(self, question: Ask) -> Answer:
        if self._heard is None or self._unheard is None:
            return Refused("no trace is loaded")
        accesses = self._heard if question.heard else self._unheard
        hits = ttl_hits(accesses, question.ttls)
        stale = staleness(accesses, question.ttls)
        sizes = lru_hits(accesses, question.sizes) if question.sizes else {}
        return Curves(
            [
                TtlPoint(ttl, hits[ttl], stale[ttl].stale, stale[ttl].age_max)
                for ttl in question.ttls
            ],
            [SizePoint(size, sizes[size]) for size in question.sizes],
            [CellPoint(c, ttl, simulate_lazy(accesses, c, ttl)) for c, ttl in question.cells],
        )


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Answer questions until `source` ends."""
    decoder: msgspec.msgpack.Decoder[Question] = msgspec.msgpack.Decoder(Question)
    encoder = msgspec.msgpack.Encoder()
    forecaster = Forecaster()
    while len(head := source.read(4)) == 4:
        question = decoder.decode(source.read(struct.unpack(">I", head)[0]))
        answer = encoder.encode(forecaster.answer(question))
        target.write(struct.pack(">I", len(answer)) + answer)
        target.flush()


if __name__ == "__main__":
    os.nice(_NICENESS)
    serve(sys.stdin.buffer, sys.stdout.buffer)
