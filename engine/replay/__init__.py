"""Workloads: reading, checking, playing on a scratch copy, recording.

- `workload`: `read_workload`, `write_workload`; `events` has the operations and their keys.
- `session`: `open_replay` for a console, `run_replay` for the command line.
- `player`, `schedule`, `pace`: sending events at their times; `writer`, `scratch`: where writes go.
- `tally`, `report`, `result`: what came of it.
- `recorder`: live starts as a workload. `trace`: a workload as accesses of a cache.
"""
