"""Ten million keys in PostgreSQL, and the times of the pages that show them."""
