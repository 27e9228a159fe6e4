"""Concurrent revocations and uses of a key."""

import pytest

from stack_apikeys.models import UserApiKey
from stack_apikeys.verification import get_user
from tests.factories import UserFactory
from tests.parallel import in_parallel

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_of_two_concurrent_revocations_the_first_is_kept():
    for _ in range(20):
        api_key, _value = UserFactory().api_keys.create_key()
        one, other = (UserApiKey.objects.get(pk=api_key.pk) for _ in range(2))
        in_parallel(lambda: one.revoke(reason="one"), lambda: other.revoke(reason="other"))  # noqa: B023  # run before the loop goes on
        stored = UserApiKey.objects.get(pk=api_key.pk)
        assert one.manually_revoked_at == other.manually_revoked_at == stored.manually_revoked_at
        assert one.revoked_reason == other.revoked_reason == stored.revoked_reason


def test_concurrent_uses_of_a_key_do_not_undo_a_revocation():
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
