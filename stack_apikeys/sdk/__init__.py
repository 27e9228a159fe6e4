"""The account server behind the official Stack SDKs.

It serves the endpoints that the SDKs call besides those for API keys: sign-in and sessions, users,
teams, and the project. Each subject has its own package.
"""
