"""The format of keys, compared with known examples."""

import string
import tracemalloc
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack_apikeys import keys
from stack_apikeys.exceptions import ApiKeyNotFound, MalformedApiKey, MissingPepper

SECRET_A = "0g40r40m30e209185gr38e1w8124gk2gahc5rr34d1p70"
SECRET_B = "7cxwrtr617vxb89wcs0dhekgf42nqhw12ahk2adce3sx8"
ID_A = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
ID_B = UUID("6ba7b810-9dad-41d1-80b4-00c04fd430c8")
BODY_A = f"{SECRET_A}{ID_A.hex}"

VALUE_A = f"sk_{BODY_A}user1574ck4u7hf9f596a3"
VALUE_B = f"pk_{SECRET_B}{ID_B.hex}team3574ck4u7h00c4bd46"

EXAMPLES = [
    pytest.param(SECRET_A, ID_A, "user", False, VALUE_A, id="example A"),
    pytest.param(SECRET_B, ID_B, "team", True, VALUE_B, id="example B, zeros kept"),
    pytest.param(
        SECRET_A, ID_A, "team", False, f"sk_{BODY_A}team1574ck4u7h4e1005a0", id="team secret"
    ),
    pytest.param(
        SECRET_A, ID_A, "user", True, f"pk_{BODY_A}user3574ck4u7h514eedf0", id="user public"
    ),
    pytest.param(
        SECRET_A, ID_A, "team", True, f"pk_{BODY_A}team3574ck4u7he6ab7ef3", id="team public"
    ),
]


def with_checksum(body: str) -> str:
    return body + keys.checksum(body)


@pytest.mark.parametrize(("secret", "id", "kind", "is_public", "value"), EXAMPLES)
def test_the_examples_are_assembled(secret, id, kind, is_public, value):
    assert keys.assemble(secret=secret, id=id, kind=kind, is_public=is_public) == value


@pytest.mark.parametrize(("secret", "id", "kind", "is_public", "value"), EXAMPLES)
def test_the_examples_are_parsed(secret, id, kind, is_public, value):
    assert keys.parse(value) == keys.ParsedKey(id=id, kind=kind, is_public=is_public)


@given(id=st.uuids(), kind=st.sampled_from(["user", "team"]), is_public=st.booleans())
def test_a_generated_key_is_parsed_into_its_parts(id, kind, is_public):
    value = keys.generate(id=id, kind=kind, is_public=is_public)
    assert len(value) == keys.LENGTH
    assert keys.parse(value) == keys.ParsedKey(id, kind, is_public)


def test_two_keys_of_one_id_have_different_secrets():
    api_key_id = uuid4()
    first, second = (keys.generate(id=api_key_id, kind="user") for _ in range(2))
    assert first != second


def test_a_generated_secret_uses_the_whole_alphabet():
    secrets = "".join(keys.generate(id=ID_A, kind="user")[3:48] for _ in range(100))
    assert set(secrets) == set(keys.ALPHABET)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param(VALUE_A[:-1], id="too short"),
        pytest.param(VALUE_A + "0", id="too long"),
        pytest.param(VALUE_A + "\n", id="trailing line break"),
        pytest.param(VALUE_A[:-1] + "\n", id="line break inside"),
        pytest.param(VALUE_A[:-1] + "4", id="wrong checksum"),
        pytest.param(VALUE_A.upper(), id="upper case"),
        pytest.param(with_checksum("sx_" + VALUE_A[3:-8]), id="prefix"),
        pytest.param(with_checksum("pk_" + VALUE_A[3:-8]), id="public prefix with secret flag"),
        pytest.param(with_checksum(VALUE_A[:3] + "l" + VALUE_A[4:-8]), id="letter l"),
        pytest.param(with_checksum(VALUE_A[:-22] + "bird" + VALUE_A[-18:-8]), id="type"),
        pytest.param(with_checksum(VALUE_A[:-18] + "0" + VALUE_A[-17:-8]), id="cloud's flag"),
        pytest.param(with_checksum(VALUE_A[:-18] + "3" + VALUE_A[-17:-8]), id="public flag"),
        pytest.param(with_checksum(VALUE_A[:-17] + "574ck4u7x"), id="marker"),
        pytest.param("é" + VALUE_A[1:], id="not ASCII"),
        pytest.param(VALUE_A[:50] + "٣" + VALUE_A[51:], id="a digit that is not ASCII"),
        pytest.param("\x00" + VALUE_A[1:], id="NUL"),
        pytest.param("\ud800" + VALUE_A[1:], id="lone surrogate"),
    ],
)
def test_a_malformed_value_is_refused(value):
    with pytest.raises(MalformedApiKey):
        keys.parse(value)


def test_a_value_of_ten_megabytes_is_refused_without_copying_it():
    value = "sk_" + "0" * 10_000_000
    tracemalloc.start()
    with pytest.raises(MalformedApiKey):
        keys.parse(value)
    _current, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@given(position=st.integers(0, keys.LENGTH - 1), character=st.sampled_from(string.printable))
def test_one_mistyped_character_is_always_detected(position, character):
    value = VALUE_A[:position] + character + VALUE_A[position + 1 :]
    if value == VALUE_A:
        return
    with pytest.raises(MalformedApiKey):
        keys.parse(value)


def test_a_malformed_key_has_the_message_of_an_unknown_key():
    with pytest.raises(ApiKeyNotFound, match=r"^API key not found\.$"):
        keys.parse("nonsense")


def test_the_exception_does_not_contain_the_value():
    with pytest.raises(MalformedApiKey) as caught:
        keys.parse(VALUE_A[:-1] + "4")
    assert SECRET_A not in repr(caught.value) + str(caught.value)


def test_the_marker_can_be_set(settings):
    settings.STACK_APIKEYS = {"MARKER": "0acme0key"}
    value = keys.generate(id=ID_A, kind="user")
    assert value[-17:-8] == "0acme0key"
    assert keys.parse(value).id == ID_A
    with pytest.raises(MalformedApiKey):
        keys.parse(VALUE_A)


def test_the_digest_is_sha256_without_a_pepper(settings):
    settings.STACK_APIKEYS = {}
    assert keys.newest_pepper_id() is None
    # sha256 of example A, made with coreutils' sha256sum.
    assert keys.digest(VALUE_A, pepper_id=None) == (
        "f3df7fca3f12402c3add889ad28ed507afcf9cecb5b85459a9280b669be657cf"
    )


def test_the_digest_is_keyed_by_the_numbered_pepper(settings):
    settings.STACK_APIKEYS = {"PEPPERS": {1: "one", 2: "two"}}
    assert keys.newest_pepper_id() == 2
    # Made with `openssl dgst -sha256 -hmac two`.
    assert keys.digest(VALUE_A, pepper_id=2) == (
        "6786d03b335662d2ddc8d8e60f5c5c3a9dd7c1fa642c2dc488310d87c6c97a8d"
    )
    assert keys.digest(VALUE_A, pepper_id=1) != keys.digest(VALUE_A, pepper_id=2)


def test_a_missing_pepper_raises_an_exception_with_its_id(settings):
    settings.STACK_APIKEYS = {"PEPPERS": {2: "two"}}
    with pytest.raises(MissingPepper, match="pepper 1, which is missing"):
        keys.digest(VALUE_A, pepper_id=1)
