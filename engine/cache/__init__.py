"""Tiered caches with carried deadlines, single flight and fences."""

from engine.cache.entry import Entry, FileSignatures, Found, Signature
from engine.cache.packing import CompressedPacker, MsgpackPacker, Packer, PicklePacker
from engine.cache.single_flight import Flight, Landed, SingleFlight
from engine.cache.tiered import LevelReport, TieredCache

__all__ = [
    "CompressedPacker",
    "Entry",
    "FileSignatures",
    "Flight",
    "Found",
    "Landed",
    "LevelReport",
    "MsgpackPacker",
    "Packer",
    "PicklePacker",
    "Signature",
    "SingleFlight",
    "TieredCache",
]
