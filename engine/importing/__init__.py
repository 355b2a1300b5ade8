"""Workloads from what is there already: transcripts of Claude Code, an AgentPM database.

- `claude_code`: `import_transcripts`. `found_files`, `lines`, `entries` (of `shapes`) and
  `transcript` read the files; `agent_starts` joins calls, results and agents; `tying` says which task a start means.
- `agentpm`: `import_database`. `columns` names the times that are read, `moments` reads them.
- `coverage`, `database_report`: what was read, used and left out, and why.
- `target`: where a workload may be written.

Nothing but ids, roles, statuses and times goes into a workload unless the caller asks for more.
"""
