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

from engine.forecast.accesses import UNSEEN, Accesses
from engine.forecast.covering import lru_hits, ttl_hits
from engine.forecast.preparing import unprepared_reads
from engine.forecast.recorded import accesses_of_recorded
from engine.forecast.recorder import Recorded
from engine.forecast.requests import (
    Answer,
    Ask,
    Curves,
    Load,
    Loaded,
    Question,
    Refused,
    SizePoint,
    TtlPoint,
)
from engine.forecast.simulation import LevelLimits, simulate_levels
from engine.forecast.staleness import prices

_NICENESS = 10
"""A forecast may take a moment longer; a start may not."""


class Forecaster:
    """Holds the trace that were loaded last, so that a moved slider costs one curve only."""

    def __init__(self) -> None:
        self._traces: dict[str, tuple[Accesses, Accesses]] = {}
        """By name: one whose writes are heard of, and one whose are not."""
        self._answered: dict[bytes, Answer] = {}
        """Earlier answers by question: one of two settings compared is mostly an old one."""

    def answer(self, question: Question) -> Answer:
        """Answer one question."""
        match question:
            case Load(recorded, name):
                return self._load(name, recorded)
            case Ask():
                asked = msgspec.msgpack.encode(question)
                if asked not in self._answered:
                    self._answered[asked] = self._ask(question)
                return self._answered[asked]

    def _load(self, name: str, recorded: Recorded) -> Loaded:
        accesses = accesses_of_recorded(recorded)
        unheard = accesses_of_recorded(recorded, heard=False)
        self._traces[name] = (accesses, unheard)
        self._answered.clear()
        reads = unheard.reads
        return Loaded(
            reads=len(reads),
            cold=accesses.distinct_keys,
            keys=accesses.distinct_keys,
            writes=int((unheard.operations == UNSEEN).sum()),
            span=accesses.span,
        )

    def _ask(self, question: Ask) -> Answer:
        if question.name not in self._traces:
            return Refused("no trace is loaded")
        heard, unheard = self._traces[question.name]
        accesses = heard if question.heard else unheard
        hits = ttl_hits(accesses, question.ttls)
        paid = prices(accesses, question.ttls)
        sizes = lru_hits(accesses, question.sizes) if question.sizes else {}
        return Curves(
            [
                TtlPoint(
                    ttl,
                    hits[ttl],
                    paid[ttl].staleness.stale,
                    paid[ttl].staleness.age_max,
                    paid[ttl].needless,
                )
                for ttl in question.ttls
            ],
            [SizePoint(size, sizes[size]) for size in question.sizes],
            [_stack_hits(accesses, levels) for levels in question.stacks],
            [unprepared_reads(heard, delay) for delay in question.delays],
        )


def _stack_hits(accesses: Accesses, levels: list[tuple[int, float]]) -> list[int]:
    return simulate_levels(accesses, [LevelLimits(size, ttl) for size, ttl in levels]).hits


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
