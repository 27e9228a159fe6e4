"""The HTTP conventions that `stack_apikeys.api` and `stack_apikeys.sdk` share.

They follow the wire contract; the section numbers in docstrings refer to it.
"""
