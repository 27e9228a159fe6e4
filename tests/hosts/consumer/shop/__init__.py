"""A project that uses the app, and its helpers for tests, as any other project would."""
