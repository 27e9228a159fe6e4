"""A small project that uses ``stack_apikeys``: the demo, and an example to copy from."""
