"""A second host: integer ids, and teams of its own instead of ``stack_apikeys.teams``."""
