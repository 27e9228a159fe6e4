"""A fourth host: users in two tables, with fields of its own, read from a replica."""
