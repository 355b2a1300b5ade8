"""Histograms, metrics, alerts and snapshots of a running engine."""
