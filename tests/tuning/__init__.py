"""Forecasts, tries, warming and the disk level on a whole engine."""
