"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# A loaded machine must not fail a test of behavior for being slow.
settings.register_profile("behavior", deadline=None)
settings.load_profile("behavior")
