"""Workloads: reading, checking, playing on a scratch copy, recording."""
