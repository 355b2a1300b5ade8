"""The console: screens, keys, pictures."""
