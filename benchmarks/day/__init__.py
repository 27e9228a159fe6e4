"""A day of a big site, shortened to minutes: requests with millions of keys, while keys change."""
