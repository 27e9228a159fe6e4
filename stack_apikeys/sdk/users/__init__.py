"""Users: accounts, passwords and e-mail addresses."""
