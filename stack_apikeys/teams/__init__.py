"""Teams, for hosts that have none of their own."""
