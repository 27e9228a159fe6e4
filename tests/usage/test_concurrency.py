"""Several processes write counts to the same database at once."""

import random
from uuid import uuid4

import pytest
from django.db.models import Sum
from django.utils import timezone

from stack_apikeys.usage import unusual, writing
from stack_apikeys.usage.models import KeyDay, KeyHour, KeyNetwork, KeyUsage
from stack_apikeys.usage.recorder import Recorder
from tests.parallel import elsewhere, in_parallel

KEYS = [uuid4() for _ in range(60)]


def count(choice=random):
    """A recorder that has counted a use of each key, in any order."""
    recorder = Recorder()
    for key_id in choice.sample(KEYS, len(KEYS)):
        recorder.accept(
            key_id, "user", timezone.now().timestamp(), (f"192.0.{choice.randrange(3)}.7", None)
        )
    return recorder


def test_no_use_is_lost_and_none_waits_for_ever(shared_database, caplog, at):
    at(2026, 5, 4, 12)
    recorders = [count() for _ in range(12)]

    def write(some):
        for recorder in some:
            recorder.write()

    in_parallel(*(lambda some=recorders[start::4]: write(some) for start in range(4)))
    assert not [
        each for each in caplog.records if each.name == "stack_apikeys.usage" and each.levelno > 20
    ]
    for model in (KeyUsage, KeyHour, KeyDay):
        assert {*model.objects.values_list("accepted", flat=True)} == {12}
        assert model.objects.count() == len(KEYS)
    assert KeyNetwork.objects.count() <= 3 * len(KEYS)


@pytest.mark.django_db
def test_the_last_address_is_that_of_the_last_use_whoever_writes_last(at):
    key_id = uuid4()
    for second, address in [(30, "192.0.2.30"), (10, "192.0.2.10"), (20, ""), (40, "192.0.2.40")]:
        recorder = Recorder()
        recorder.accept(key_id, "user", at(2026, 5, 4, 12, 0, second).timestamp(), (address, None))
        recorder.refuse(key_id, "user", at(2026, 5, 4, 12, 0, second), "rate")
        recorder.write()
        usage = KeyUsage.objects.get()
        assert usage.last_used_at == usage.last_proven_at == at(2026, 5, 4, 12, 0, max(second, 30))
        assert usage.last_address == ("192.0.2.40" if second == 40 else "192.0.2.30")
    assert usage.first_used_at == at(2026, 5, 4, 12, 0, 10)
    recorder = Recorder()
    recorder.accept(key_id, "user", at(2026, 5, 4, 12, 0, 5).timestamp(), ("192.0.2.5", None))
    recorder.refuse(key_id, "user", at(2026, 5, 4, 12, 1), "secret")
    recorder.write()
    usage = KeyUsage.objects.get()
    assert usage.last_used_at == usage.last_proven_at == at(2026, 5, 4, 12, 0, 40)
    assert (usage.last_address, usage.refused) == ("192.0.2.40", 5)


def test_a_process_that_has_read_writes_though_another_has_written_meanwhile(
    shared_database, monkeypatch, at
):
    at(2026, 5, 4, 12)
    find = unusual.find

    def be_late(*args):
        monkeypatch.setattr(writing.unusual, "find", find)
        elsewhere(count().write)
        return find(*args)

    monkeypatch.setattr(writing.unusual, "find", be_late)
    count().write()
    assert KeyUsage.objects.aggregate(Sum("accepted")) == {"accepted__sum": 2 * len(KEYS)}
