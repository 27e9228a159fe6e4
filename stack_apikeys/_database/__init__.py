"""What models and migrations need from the database layer. Nothing here knows about keys."""
