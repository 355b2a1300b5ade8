"""`engine.service.messages`, imported at its first use: defining its structs would cost the first
frame some 40 ms. For the modules that are imported before that frame; all others import it itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.service.messages import *  # noqa: F403
else:

    def __getattr__(name: str) -> object:
        from engine.service import messages

        return getattr(messages, name)
