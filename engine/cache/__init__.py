"""Tiered caches with carried deadlines, and single flight."""

from engine.cache.disk import DiskStore
from engine.cache.disk_identity import DiskIdentity
from engine.cache.disk_level import DiskLevel
from engine.cache.entry import Entry, FileSignatures, Found, Signature
from engine.cache.packing import CompressedPacker, Packer
from engine.cache.report import LevelReport
from engine.cache.single_flight import Landed, SingleFlight
from engine.cache.tiered import TieredCache

__all__ = [
    "CompressedPacker",
    "DiskIdentity",
    "DiskLevel",
    "DiskStore",
    "Entry",
    "FileSignatures",
    "Found",
    "Landed",
    "LevelReport",
    "Packer",
    "Signature",
    "SingleFlight",
    "TieredCache",
]
