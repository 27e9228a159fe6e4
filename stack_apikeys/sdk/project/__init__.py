"""The project: its configuration and public keys, and features that it does not have."""
