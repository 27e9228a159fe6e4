"""Several processes write counts to the same database at once."""

import random
from uuid import uuid4

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
        recorder.accept(key_id, "user", timezone.now(), f"192.0.{choice.randrange(3)}.7")
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
