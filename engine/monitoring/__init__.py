"""Histograms, metrics, alerts and snapshots of a running engine.

Names nothing of it: the service takes `pieces` from here before it listens, and need not wait for
the rest.
"""
