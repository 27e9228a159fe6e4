"""Template tags, as Django looks for them."""
