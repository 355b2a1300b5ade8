"""Tiered caches with carried deadlines, single flight and fences."""
