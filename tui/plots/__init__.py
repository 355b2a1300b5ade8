"""Plots: figures rendered once to lines of text."""
