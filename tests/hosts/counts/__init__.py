"""A host that stores the usage of keys in a database of its own, and reads it from a stale copy."""
