"""The smallest real project around ``stack_apikeys``: a demo to run and a host to copy from."""
