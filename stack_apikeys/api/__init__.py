"""The key endpoints of the HTTP API, version 1."""
