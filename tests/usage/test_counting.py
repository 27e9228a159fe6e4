"""What is counted, and when it is written."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stack_apikeys import keys
from stack_apikeys.models import UserApiKey
from stack_apikeys.signals import api_key_rejected
from stack_apikeys.usage import details
from stack_apikeys.usage import recorder as recording
from stack_apikeys.usage.counts import MOST_NETWORKS
from stack_apikeys.usage.models import REASONS, KeyDay, KeyHour, KeyNetwork, KeyUsage
from stack_apikeys.usage.recorder import MOST_CLAIMED, recorder
from stack_apikeys.verification import verify_api_key
from tests.settings_pages import address
from tests.wire import server

pytestmark = pytest.mark.django_db


def test_the_first_use_is_written_after_the_response(user, use, at):
    moment = at(2026, 5, 4, 12, 34, 56)
    api_key, value = user.api_keys.create_key()
    assert use(value).status_code == 200
    [usage] = KeyUsage.objects.all()
    assert (usage.key_id, usage.kind) == (api_key.pk, "user")
    assert usage.first_used_at == usage.last_used_at == moment
    assert (usage.accepted, usage.refused) == (1, 0)
    assert usage.last_address == "192.0.2.7"
    [hour] = KeyHour.objects.all()
    assert hour.hour == moment.replace(minute=0, second=0)
    assert hour.accepted == 1
    [network] = KeyNetwork.objects.all()
    assert network.network == "192.0.2.0/24"


def test_later_uses_are_written_together_and_added(user, use, stored, at):
    api_key, value = user.api_keys.create_key()
    first = at(2026, 5, 4, 12, 0)
    for _ in range(3):
        use(value)
    assert KeyUsage.objects.get().accepted == 1
    last = at(2026, 5, 4, 13, 0)
    use(value, address="2001:db8:1:2::3")
    stored()
    usage = KeyUsage.objects.get()
    assert usage.accepted == 4
    assert (usage.first_used_at, usage.last_used_at) == (first, last)
    assert usage.last_address == "2001:db8:1:2::3"
    assert [*KeyHour.objects.order_by("hour").values_list("accepted", flat=True)] == [3, 1]
    networks = KeyNetwork.objects.order_by("network").values_list("network", flat=True)
    assert [*networks] == ["192.0.2.0/24", "2001:db8:1::/48"]
    assert api_key.usage.accepted == 4


@pytest.mark.parametrize("number", [1, 40])
def test_all_keys_take_the_same_number_of_statements(user, use, stored, number):
    values = [user.api_keys.create_key()[1] for _ in range(number)]
    for value in values:
        use(value)
        use(value)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        stored()
    statements = [query["sql"] for query in queries if "INSERT" in query["sql"]]
    assert len(statements) == 4
    assert sum(KeyUsage.objects.values_list("accepted", flat=True)) == 2 * number


def test_a_verification_gets_no_query_more(user, use, django_assert_num_queries):
    _api_key, value = user.api_keys.create_key()
    use(value)
    with django_assert_num_queries(1):
        assert use(value).status_code == 200


def test_refusals_are_counted_by_reason(user, use, stored):
    api_key, value = user.api_keys.create_key(expires_at=timezone.now() + timedelta(days=1))
    use(_with_another_secret(value))
    use(value)
    api_key.revoke()
    use(value)
    use(value)
    stored()
    usage = KeyUsage.objects.get()
    assert (usage.accepted, usage.refused) == (1, 3)
    hours = KeyHour.objects.values_list("refused_secret", "refused_revoked")
    assert [sum(column) for column in zip(*hours, strict=True)] == [1, 2]


@pytest.mark.parametrize(
    ("code", "reason", "label"),
    [
        ("API_KEY_NOT_FOUND", "secret", "Wrong secret"),
        ("API_KEY_REVOKED", "revoked", "Revoked"),
        ("API_KEY_EXPIRED", "expired", "Expired"),
        ("rate_limited", "rate", "Rate limit exceeded"),
        ("outside_networks", "network", "Network not allowed"),
        ("insufficient_scope", "scope", "Missing scope"),
        ("WRONG_API_KEY_TYPE", "other", "Other reasons"),
    ],
)
def test_each_reason_is_stored_and_shown(client, user, rf, stored, code, reason, label):
    api_key, _value = user.api_keys.create_key()
    for _ in range(3):
        rejected = {"reason": code, "api_key_id": api_key.pk, "kind": "user"}
        api_key_rejected.send(UserApiKey, request=rf.get("/"), **rejected)
    stored()
    row = KeyHour.objects.values().get()
    columns = {name: number for name, number in row.items() if name.startswith("refused_")}
    assert {name: number for name, number in columns.items() if number} == {f"refused_{reason}": 3}
    assert KeyUsage.objects.get().refused == KeyDay.objects.get().refused == 3
    answer = server().get(f"/user-api-keys/{api_key.pk}/usage").json()
    assert answer["items"][-1]["refused"] == {reason: 3}
    client.force_login(user)
    assert f"{label}: 3" in client.get(address("api-key", api_key)).text


def test_every_reason_has_a_column_and_a_name():
    columns = [field.name for field in KeyHour._meta.fields if field.name.startswith("refused_")]
    assert columns == [f"refused_{reason}" for reason in REASONS]
    assert [*details.REASONS] == [*REASONS]


def test_the_answer_does_not_tell_that_an_id_is_one_of_a_key(user, use):
    _api_key, value = user.api_keys.create_key()
    known = use(_with_another_secret(value))
    unknown = use(keys.generate(id=uuid4(), kind="user"))
    assert known.status_code == unknown.status_code == 401
    assert known.content == unknown.content
    assert known.headers.keys() == unknown.headers.keys()


def test_refusals_of_ids_that_no_key_has_are_not_stored(use, stored):
    value = keys.generate(id=uuid4(), kind="user")
    assert use(value).status_code == 401
    stored()
    assert not KeyUsage.objects.exists()
    assert not KeyHour.objects.exists()


def test_invented_ids_do_not_displace_real_keys(user, use, stored):
    for _ in range(MOST_CLAIMED + 5):
        recorder.refuse(uuid4(), "user", timezone.now(), "secret")
    _api_key, value = user.api_keys.create_key()
    use(value)
    assert KeyUsage.objects.get().accepted == 1


def test_a_request_that_verifies_its_key_twice_counts_once(user, rf, stored):
    _api_key, value = user.api_keys.create_key()
    request = rf.get("/")
    verify_api_key(value, request=request)
    verify_api_key(value, request=request)
    stored()
    assert KeyUsage.objects.get().accepted == 1


def test_a_verification_outside_of_a_request_does_not_count(user, stored):
    _api_key, value = user.api_keys.create_key()
    verify_api_key(value)
    stored()
    assert not KeyUsage.objects.exists()


def test_addresses_are_not_stored_if_the_setting_says_so(user, use, configure):
    configure(USAGE_ADDRESSES=False)
    _api_key, value = user.api_keys.create_key()
    use(value)
    assert KeyUsage.objects.get().last_address == ""
    assert not KeyNetwork.objects.exists()


def test_of_each_key_the_networks_that_were_seen_last_are_kept(user, use, stored, at):
    api_key, value = user.api_keys.create_key()
    other, _value = user.api_keys.create_key()
    KeyNetwork.objects.create(
        key_id=other.pk,
        network="10.0.0.0/24",
        first_seen_at=at(2020, 1, 1),
        last_seen_at=at(2020, 1, 1),
    )
    for number in range(MOST_NETWORKS + 2):
        at(2026, 5, 4, 12, number)
        use(value, address=f"192.0.{number}.7")
        stored()
    at(2026, 5, 5)
    use(value, address="192.0.2.8")
    use(value, address="10.1.2.3")
    stored()
    networks = KeyNetwork.objects.filter(key_id=api_key.pk).values_list("network", flat=True)
    expected = [2, *range(4, MOST_NETWORKS + 2)]
    assert {*networks} == {"10.1.2.0/24", *(f"192.0.{number}.0/24" for number in expected)}
    assert KeyNetwork.objects.filter(key_id=other.pk).exists()


def test_the_networks_seen_last_are_kept_if_there_are_more_in_one_write(
    user, use, stored, at, monkeypatch
):
    _api_key, value = user.api_keys.create_key()

    def use_from(networks):
        for number in networks:
            at(2026, 5, 4, 12, number)
            use(value, address=f"192.0.{number}.7")

    def fail(_gathered):
        raise DatabaseError

    with monkeypatch.context() as broken:
        broken.setattr(recording, "write", fail)
        use_from(range(1))
        stored()
        use_from(range(1, MOST_NETWORKS + 2))
        use_from([3])
        stored()
    use_from([2])
    stored()
    networks = KeyNetwork.objects.values_list("network", flat=True)
    assert {*networks} == {f"192.0.{number}.0/24" for number in range(2, MOST_NETWORKS + 2)}
    seen = KeyNetwork.objects.get(network="192.0.2.0/24")
    assert (seen.first_seen_at, seen.last_seen_at) == (at(2026, 5, 4, 12, 2),) * 2


@pytest.mark.parametrize(
    ("sent", "address", "network"),
    [
        ("192.0.2.255", "192.0.2.255", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.0/24"),
        (f"fe80::1%{'x' * 60}", "fe80::1", "fe80::/48"),
        ("unknown", "", None),
        ("", "", None),
    ],
)
def test_an_address_is_kept_if_it_is_one(user, use, sent, address, network):
    _api_key, value = user.api_keys.create_key()
    use(value, address=sent)
    assert KeyUsage.objects.get().last_address == address
    assert [each.network for each in KeyNetwork.objects.all()] == ([network] if network else [])


def test_what_cannot_be_written_is_kept_for_the_next_time(user, use, stored, monkeypatch, caplog):
    api_key, value = user.api_keys.create_key()

    def fail(_gathered):
        raise DatabaseError

    with monkeypatch.context() as broken:
        broken.setattr(recording, "write", fail)
        for _ in range(3):
            assert use(value).status_code == 200
    assert [
        record.message for record in caplog.records if record.name == "stack_apikeys.usage"
    ] == ["The usage of API keys could not be written."]
    assert api_key.usage.accepted == 3
    stored()
    assert KeyUsage.objects.get().accepted == 3


def test_the_use_of_a_key_that_is_deleted_before_it_is_written_is_kept(user, use, stored):
    api_key, value = user.api_keys.create_key()
    for _ in range(3):
        use(value)
    key_id = api_key.pk
    api_key.delete()
    stored()
    assert KeyUsage.objects.get(key_id=key_id).accepted == 3


def test_the_use_of_a_deleted_key_is_kept(user, use):
    api_key, value = user.api_keys.create_key()
    use(value)
    key_id = api_key.pk
    api_key.delete()
    assert KeyUsage.objects.filter(key_id=key_id).exists()


def test_keys_unused_since_a_moment_are_found(user, use, at):
    old, value = user.api_keys.create_key(description="old")
    at(2026, 1, 1)
    use(value)
    _new, value = user.api_keys.create_key(description="new")
    moment = at(2026, 3, 1)
    use(value)
    user.api_keys.create_key(description="never")
    found = user.api_keys.unused_since(moment).values_list("description", flat=True)
    assert sorted(found) == ["never", "old"]
    assert old in user.api_keys.unused_since(moment)


def _with_another_secret(value):
    parsed = keys.parse(value)
    other = keys.generate(id=parsed.id, kind=parsed.kind)
    assert other != value
    return other
