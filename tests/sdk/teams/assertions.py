"""What several test modules assert about teams."""

from tests.wire import assert_plain_error


def assert_not_own_team(response):
    assert_plain_error(response, 403, "Client can only access teams that they are a member of")
