"""The endpoints for users."""
