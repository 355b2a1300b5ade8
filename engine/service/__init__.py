"""The engine in its own process, its client and their typed messages."""
