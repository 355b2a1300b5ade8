"""Reading the project's SQLite database, read-only: connections, pool, sentinel, statements, strategies."""
