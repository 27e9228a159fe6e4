"""Keys of djangorestframework-api-key that belong to a user."""
