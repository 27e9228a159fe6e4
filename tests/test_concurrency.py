"""What two requests do at the same moment, on a database that lets them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from stack_apikeys.models import UserApiKey
from stack_apikeys.verification import get_user
from tests.factories import UserFactory

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def in_parallel(*tasks):
    """Run the tasks in threads that start together, each with its own connection."""
    barrier = threading.Barrier(len(tasks))

    def run(task):
        try:
            barrier.wait()
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result() for future in [pool.submit(run, task) for task in tasks]]


def test_of_two_revocations_at_once_the_first_stands():
    for _ in range(20):
        api_key, _value = UserFactory().api_keys.create_key()
        one, other = (UserApiKey.objects.get(pk=api_key.pk) for _ in range(2))
        in_parallel(lambda: one.revoke(reason="one"), lambda: other.revoke(reason="other"))  # noqa: B023  # run before the loop goes on
        stored = UserApiKey.objects.get(pk=api_key.pk)
        assert one.manually_revoked_at == other.manually_revoked_at == stored.manually_revoked_at
        assert one.revoked_reason == other.revoked_reason == stored.revoked_reason


def test_a_revocation_is_not_undone_by_those_who_use_the_key_meanwhile():
    user = UserFactory()
    for _ in range(10):
        api_key, value = user.api_keys.create_key()

        def use():
            for _ in range(10):
                get_user(api_key=value)  # noqa: B023  # run before the loop goes on
                api_key.save()  # noqa: B023  # the same

        in_parallel(use, lambda: UserApiKey.objects.get(pk=api_key.pk).revoke())  # noqa: B023  # the same
        assert UserApiKey.objects.get(pk=api_key.pk).why_invalid() == "manually-revoked"
        assert get_user(api_key=value) is None
