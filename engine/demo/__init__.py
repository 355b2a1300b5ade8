"""The embedded demo project: a seeded generator of a believable AgentPM project."""
