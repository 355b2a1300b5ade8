"""The Textual console; it reaches the engine only through its client and its messages."""
