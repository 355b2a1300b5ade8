"""The TaskStart engine: it answers a coding agent's request for its task's context.

`Engine` is the public door::

    async with Engine.open(project_root) as engine:
        answer = await engine.task_start(45)

The name is loaded on first use, so that light modules (the hook client, the settings model) can
be imported without the whole engine.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.core.answer import Answer
    from engine.core.engine import Engine

__all__ = ["Answer", "Engine", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "Engine":
        from engine.core.engine import Engine

        return Engine
    if name == "Answer":
        from engine.core.answer import Answer

        return Answer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
