"""The Replay screen: scenarios, playback, result."""
