"""Sign-in and the sessions it starts."""
