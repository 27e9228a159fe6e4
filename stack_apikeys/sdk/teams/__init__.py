"""Teams, their members and permissions."""
