"""Exact what-if curves of TTL and size over a recorded workload.

Every module here but `recorder` imports numpy, which costs a tenth of a second and 20 MB: import
them where a forecast is made, never on the way to a start.
"""
