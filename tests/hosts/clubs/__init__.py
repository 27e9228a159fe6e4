"""A third host: its teams are ours, with one column more."""
