"""Exact what-if curves of TTL and size over a recorded workload.

`recorder`, `requests` and `worker` are for the engine's process. Every other module imports numpy,
which costs a tenth of a second and 20 MB: import those where a forecast is made, never on the way
to a start.
"""
