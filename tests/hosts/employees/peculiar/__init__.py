"""The database of the running tests, through a backend that reads rows in a way of its own."""
