"""Models that some packages require their projects to define, as their documentation shows."""
