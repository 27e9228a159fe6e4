"""The HTTP API of the wire contract, version 1."""
