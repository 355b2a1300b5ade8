"""The embedded demo project: a seeded generator of a believable AgentPM project."""

from engine.demo.installed import ensure_demo
from engine.demo.project import DEFAULT_SEED, DemoProject, make_demo

__all__ = ["DEFAULT_SEED", "DemoProject", "ensure_demo", "make_demo"]
