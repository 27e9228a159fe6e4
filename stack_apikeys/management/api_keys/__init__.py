"""The subcommands of ``manage.py api_keys``, by subject."""
