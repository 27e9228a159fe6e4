"""Keys and other secrets inside a text."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack_apikeys import keys, scanning

ID = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
VALUE = (
    "sk_0g40r40m30e209185gr38e1w8124gk2gahc5rr34d1p70"
    "0f8fad5bd9cb469fa16570867728950euser1574ck4u7hf9f596a3"
)
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"


def revealed(text):
    return [value.reveal() for value in scanning.find_all(text)]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (VALUE, True),
        (VALUE[:-1], True),
        (JWT, False),
        ("sk_live_somebody_elses", False),
        ("", False),
    ],
)
def test_a_mistyped_key_is_told_from_other_tokens(text, meant):
    assert scanning.looks_like_a_key(text) is meant


@pytest.mark.parametrize(
    "around", ["{}", "key={}&x=1", '{{"a": "{}"}}', "x{}x", "-{}\n", "Bearer  {}"]
)
def test_a_key_is_found_among_other_characters(around):
    text = around.format(VALUE)
    assert revealed(text) == [VALUE]
    assert scanning.find_key(text) == keys.ParsedKey(ID, "user", is_public=False)


def test_all_keys_are_found_in_their_order_and_damaged_ones_left_out():
    values = [keys.generate(id=uuid4(), kind="team") for _ in range(3)]
    assert revealed(f"{values[0]} {VALUE[:-1]}0 {values[1]},{values[2]}") == values
    assert scanning.find_key(VALUE[:-1] + "0") is None


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"no key {VALUE}", "no key sk_…96a3"),
        (f"Bearer {VALUE};", "Bearer sk_…96a3;"),
        (VALUE[:-1], "sk_…"),
        (VALUE[3:], "…96a3"),
        (VALUE.upper(), "SK_…"),
        (VALUE[:40], "sk_…"),
        (f"token {JWT}.", "token …"),
        ("refresh " + "a1-_" * 10, "refresh …"),
        ("with ssk_test!", "with …!"),
        ("with sak_test", "with …"),
        (f"id {ID}", f"id {ID}"),
        ("sk_name, pk_name and 'description'", "sk_name, pk_name and 'description'"),
        ("", ""),
    ],
)
def test_a_placeholder_stands_for_a_secret(text, redacted):
    assert scanning.redact(text) == redacted


@pytest.mark.parametrize(
    ("text", "may_be"),
    [
        (VALUE, True),
        (VALUE[20:40], True),
        (VALUE[20:40].upper(), True),
        (f"a key {VALUE[:24]} of mine", True),
        (ID.hex, False),
        (f"{VALUE[40:48]}{ID.hex}", True),
        (str(ID), False),
        ("Backup of the database, every night at 3", False),
        ("github-actions-2026-deploy-to-staging", False),
        ("internationalisation", False),
        ("sk_…96a3", False),
        ("", False),
    ],
)
def test_a_part_of_a_key_is_told_from_a_description(text, may_be):
    assert scanning.may_hold_a_key(text) is may_be


@pytest.mark.parametrize(
    ("text", "last_four"),
    [
        (VALUE, "96a3"),
        (f"key: {VALUE[40:]}", "96a3"),
        (VALUE[:-1], ""),
        (f"{VALUE}.", ""),
        ("", ""),
    ],
)
def test_the_last_characters_are_told_if_they_are_no_part_of_the_secret(text, last_four):
    assert scanning.last_four(text) == last_four


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_nothing_of_a_keys_secret_is_left_whatever_is_around_it(before, after):
    assert VALUE[3:48] not in scanning.redact(before + VALUE + after)


@pytest.mark.parametrize("keys", [None, "a string", [None, 7, ""]])
def test_wrong_settings_do_not_disturb(settings, keys):
    settings.STACK_APIKEYS = {"SECRET_SERVER_KEYS": keys}
    assert scanning.redact("a string") == "a string"


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (f"x {VALUE}", True),
        (VALUE[:-1], True),
        ("ssk_test", True),
        (str(ID), False),
        ("pk_field", False),
    ],
)
def test_a_text_holds_a_secret_or_not(text, holds):
    assert scanning.holds_a_secret(text) is holds


def test_a_long_text_is_redacted_in_time_that_grows_with_its_length():
    text = "sk_" * 200_000 + "eyJ" * 200_000 + "." * 200_000
    assert len(scanning.redact(text)) < len(text)
