"""A secret shows itself only to those who ask it to."""

import copy
import pickle
import pprint

import pytest

from stack_apikeys.secret import Secret

TEXT = "correct horse battery staple"


@pytest.mark.parametrize(
    "shown",
    [repr, str, "{}".format, "{!r}".format, "{:>40}".format, "%s".__mod__, pprint.pformat],
)
def test_no_way_of_printing_a_secret_shows_it(shown):
    assert TEXT not in shown(Secret(TEXT))


def test_a_container_does_not_show_the_secrets_in_it():
    assert TEXT not in pprint.pformat({"fields": [Secret(TEXT)]})


def test_an_error_report_does_not_show_what_a_secret_reveals():
    assert TEXT not in repr(Secret(TEXT).reveal())
    assert TEXT not in pprint.pformat({"password": Secret(TEXT).reveal()})


def test_what_a_secret_reveals_is_the_text():
    revealed = Secret(TEXT).reveal()
    assert revealed == TEXT
    assert str(revealed) == TEXT
    assert revealed.encode() == TEXT.encode()


def test_a_pickle_does_not_hold_the_secret():
    pickled = pickle.dumps({"value": Secret(TEXT)})
    assert TEXT.encode() not in pickled
    assert not pickle.loads(pickled)["value"]


def test_a_copy_in_the_same_process_is_the_same_secret():
    secret = Secret(TEXT)
    assert copy.copy(secret) == copy.deepcopy({"value": secret})["value"] == secret


def test_secrets_are_equal_by_their_text():
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) != Secret(TEXT.upper())
    assert len({Secret(TEXT), Secret(TEXT)}) == 1
    assert Secret(TEXT) != TEXT


def test_of_takes_strings_and_secrets():
    secret = Secret(TEXT)
    assert Secret.of(secret) is secret
    assert Secret.of(TEXT) == secret
