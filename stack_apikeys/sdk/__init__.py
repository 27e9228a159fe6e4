"""What the official SDKs need beside keys: sessions, users, teams and the project."""
