"""What holds of every error of ours."""

import pickle

import pytest

from stack_apikeys import exceptions


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ApiKeyNotFound(),
        exceptions.WrongApiKeyType(expected_type="user", actual_type="team"),
        exceptions.MissingPepper(pepper_id="3"),
        exceptions.CurrentProjectNotFound(project_id="x"),
    ],
)
def test_errors_come_out_of_a_worker_as_they_were(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (str(copy), copy.message, copy.details) == (str(error), error.message, error.details)
