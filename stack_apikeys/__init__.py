"""API keys for users and teams: a self-hosted Django app that speaks Stack Auth's wire."""

__version__ = "0.1.0"
