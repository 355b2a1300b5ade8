"""The door for agents: hooks over HTTP, their renderings, their clients and their installation."""
