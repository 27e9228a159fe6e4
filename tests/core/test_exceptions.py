"""What every exception of the app has."""

import json
import pickle
import pkgutil
import re
from importlib import import_module

import pytest

import stack_apikeys
from stack_apikeys.exceptions import ApiKeyRateLimited, InsufficientScope, StackApiKeysError

for module in pkgutil.walk_packages(stack_apikeys.__path__, "stack_apikeys."):
    if module.name.endswith(".exceptions"):
        import_module(module.name)


def leaves(base):
    for each in base.__subclasses__():
        if hasattr(each, "code"):
            yield each
        yield from leaves(each)


ERRORS = list(dict.fromkeys(leaves(StackApiKeysError)))


def make(error_class):
    """An instance with the arguments that its message and details need."""
    params = {}
    while True:
        try:
            error = error_class(**params)
            _texts = str(error), error.details
        except KeyError as missing:
            params[missing.args[0]] = "7"
        else:
            return error


@pytest.mark.parametrize("error_class", ERRORS, ids=lambda each: each.__name__)
def test_every_error_can_be_sent_translated_and_pickled(error_class):
    error = make(error_class)
    # In lower case, as other throttles and RFC 6750 have them.
    is_lower = error_class in {ApiKeyRateLimited, InsufficientScope}
    code = error.code.upper() if is_lower else error.code
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)+", code)
    assert 400 <= error.status < 600
    assert error.message
    assert "{" not in error.message
    assert error.translated_message
    assert error.details is None or json.loads(json.dumps(error.details)) == error.details
    assert (error.details is not None) or not error.has_details
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is error_class
    assert (str(copy), copy.message, copy.details) == (str(error), error.message, error.details)
    assert not {"value", "api_key", "password", "secret", "token"} & {*error.params}


def test_no_code_means_two_things():
    by_code = {}
    for error_class in ERRORS:
        by_code.setdefault(error_class.code, error_class)
        assert issubclass(error_class, by_code[error_class.code])
