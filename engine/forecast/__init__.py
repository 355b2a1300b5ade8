"""Exact what-if curves of TTL and size over a recorded workload."""
