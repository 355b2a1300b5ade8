"""Histograms, metrics, alerts and snapshots of a running engine."""

from engine.monitoring.alerts import AlertPolicy
from engine.monitoring.monitor import Monitor
from engine.monitoring.samples import KeptAnswer
from engine.monitoring.views import MonitorViews

__all__ = ["AlertPolicy", "KeptAnswer", "Monitor", "MonitorViews"]
