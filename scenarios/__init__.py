"""Bundled scenarios as data, and the reader that lists them."""
