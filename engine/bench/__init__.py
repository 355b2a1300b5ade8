"""Benchmarks: baseline against optimized, interleaved, in one run."""
