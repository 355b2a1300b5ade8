"""`taskstart forecast`: what other TTLs and sizes would have given."""

from __future__ import annotations

import click

from engine.cli.options import json_option
from engine.cli.values import LeastNumber, WholeNumber
from engine.forecast.report import forecast_file
from engine.service.library import locate_playable


@click.command("forecast")
@click.argument("trace")
@click.option(
    "--ttl",
    "ttls",
    type=LeastNumber(0),
    multiple=True,
    metavar="T",
    help="A TTL in the trace's unit of time (seconds for a workload). May be repeated.",
)
@click.option(
    "--size",
    "sizes",
    type=WholeNumber(1, 10**9),
    multiple=True,
    metavar="C",
    help="A size in entries. May be repeated; pairs with each TTL.",
)
@json_option
def command(trace: str, ttls: tuple[float, ...], sizes: tuple[int, ...], as_json: bool) -> int:
    """Compute exactly what other TTLs and sizes would have given on TRACE.

    TRACE is a workload or scenario (key: task and role), or a CSV of t,key,op with op r, w or u.
    Without --ttl and --size: a sensible grid of both.
    """
    report = forecast_file(locate_playable(trace), ttls=ttls, sizes=sizes)
    click.echo(report.as_json() if as_json else report.as_text())
    return 0
