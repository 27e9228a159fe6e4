"""The counts in the memory of a process, whatever its threads do."""

import threading
from time import time
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.utils import timezone

from stack_apikeys.usage import recorder as recording
from stack_apikeys.usage.recorder import MOST_WAITING, Recorder

KEY = uuid4()

START_THE_TIMER = Recorder._start_the_timer


class Timer:
    """A timer that never fires."""

    def cancel(self):
        pass


@pytest.fixture
def written(monkeypatch):
    """The numbers of requests that were written, in turn."""
    numbers = []
    monkeypatch.setattr(recording, "write", lambda gathered: numbers.append(gathered[KEY].accepted))
    return numbers


@pytest.fixture
def recorder(monkeypatch):
    def start(self):
        self._timer = Timer()

    monkeypatch.setattr(Recorder, "_start_the_timer", start)
    return Recorder()


def use(recorder, times=1):
    for _ in range(times):
        recorder.accept(KEY, "user", time(), ("192.0.2.7", None))


@pytest.mark.parametrize("times", [1, 2, MOST_WAITING, MOST_WAITING + 1, 3 * MOST_WAITING + 7])
def test_every_request_is_counted_when_somebody_asks(recorder, written, times):
    use(recorder, times)
    assert recorder.gathered(KEY).accepted == times
    use(recorder, 2)
    recorder.write()
    recorder.write()
    assert written == [times + 2]


def test_requests_are_counted_once_while_threads_use_keys_and_write(recorder, written):
    threads = [threading.Thread(target=use, args=[recorder, 2_000]) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        recorder.gathered(KEY)
        recorder.write()
    recorder.write()
    assert sum(written) == 8_000


def test_whatever_waits_has_a_timer(recorder, written):
    use(recorder)
    recorder.write()
    assert recorder._timer is None
    use(recorder)
    assert recorder._timer is not None


def test_a_key_that_was_only_refused_is_new_when_it_is_used(recorder, written):
    recorder.refuse(KEY, "user", timezone.now(), "secret")
    recorder.write()
    use(recorder)
    assert recorder.write_if_due()
    use(recorder)
    assert not recorder.write_if_due()
    assert written == [0, 1]


def test_counts_are_kept_up_to_a_maximum_while_they_cannot_be_written(recorder, monkeypatch):
    def fail(_gathered):
        raise OSError

    monkeypatch.setattr(recording, "write", fail)
    monkeypatch.setattr(recording, "MOST_KEYS", 3)
    keys = [uuid4() for _ in range(5)]
    for key in keys * 2:
        recorder.accept(key, "user", time(), ("", None))
        recorder.write()
    kept = [recorder.gathered(key) for key in keys]
    assert [counts and counts.accepted for counts in kept] == [2, 2, 2, None, None]


def test_beyond_a_maximum_new_keys_are_written_with_all_others(recorder, written, monkeypatch):
    monkeypatch.setattr(recording, "MOST_SEEN", 1)
    use(recorder)
    assert recorder.write_if_due()
    recorder.accept(uuid4(), "user", time(), ("", None))
    assert not recorder.write_if_due()


def test_many_new_keys_are_not_all_written_at_once(recorder, monkeypatch):
    written = []
    monkeypatch.setattr(recording, "write", lambda gathered: written.append([*gathered]))
    monkeypatch.setattr(recording, "MOST_AT_ONCE", 2)
    now = 0.0
    monkeypatch.setattr(recording, "time", SimpleNamespace(monotonic=lambda: now))
    recorder.write()
    keys = [uuid4() for _ in range(6)]

    def use_new(key):
        recorder.accept(key, "user", time(), ("192.0.2.7", None))
        recorder.write_if_due()

    for key in keys[:4]:
        use_new(key)
    assert written == [[keys[0]], [keys[1]]]
    now += recording.WRITE_EVERY
    use_new(keys[4])
    use_new(keys[5])
    assert written[2:] == [keys[2:5], [keys[5]]]


def test_a_process_that_uses_many_keys_does_not_wait_for_the_minute(recorder, monkeypatch):
    written = []
    monkeypatch.setattr(recording, "write", lambda gathered: written.append(len(gathered)))
    monkeypatch.setattr(recording, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(recording, "MANY_KEYS", 3)
    for _ in range(3):
        assert not recorder.write_if_due()
        recorder.refuse(uuid4(), "user", timezone.now(), "revoked")
    assert recorder.write_if_due()
    assert written == [3]


def test_many_keys_that_could_not_be_written_wait_for_the_minute(recorder, monkeypatch):
    def fail(_gathered):
        raise OSError

    monkeypatch.setattr(recording, "write", fail)
    monkeypatch.setattr(recording, "MANY_KEYS", 1)
    use(recorder)
    assert recorder.write_if_due()
    assert not recorder.write_if_due()


def test_a_process_without_further_requests_writes_by_itself(monkeypatch):
    is_written = threading.Event()
    monkeypatch.setattr(recording, "WRITE_EVERY", 0.01)
    monkeypatch.setattr(Recorder, "_start_the_timer", START_THE_TIMER)
    monkeypatch.setattr(recording, "write", lambda _gathered: is_written.set())
    use(Recorder())
    assert is_written.wait(60)


def test_a_write_that_fails_is_tried_again_without_further_requests(monkeypatch):
    tries, is_written = [], threading.Event()

    def fail_at_first(gathered):
        tries.append(gathered[KEY].accepted)
        if len(tries) < 3:
            raise OSError
        is_written.set()

    monkeypatch.setattr(recording, "WRITE_EVERY", 0.01)
    monkeypatch.setattr(Recorder, "_start_the_timer", START_THE_TIMER)
    monkeypatch.setattr(recording, "write", fail_at_first)
    use(Recorder(), 2)
    assert is_written.wait(60)
    assert tries[-1] == 2


def test_what_waited_together_is_counted_by_hour_and_network(recorder, written):
    hours = [1_800_000_000 + 3600 * number for number in range(2)]
    for hour in hours:
        for seconds, address in enumerate(("192.0.2.7", "203.0.113.1", "192.0.2.9", "192.0.2.7")):
            recorder.accept(KEY, "user", hour + seconds, (address, None))
    counts = recorder.gathered(KEY)
    assert [(start.timestamp(), each.accepted) for start, each in counts.hours.items()] == [
        (hour, 4) for hour in hours
    ]
    assert [hour.last_used_at.timestamp() for hour in counts.hours.values()] == [
        hour + 3 for hour in hours
    ]
    assert counts.first_used_at.timestamp() == hours[0]
    assert counts.last_used_at.timestamp() == hours[1] + 3
    assert counts.last_address == "192.0.2.7"
    seen = {name: [each.timestamp() for each in times] for name, times in counts.networks.items()}
    assert seen == {
        "192.0.2.0/24": [hours[0], hours[1] + 3],
        "203.0.113.0/24": [hours[0] + 1, hours[1] + 1],
    }
