"""A primary with streaming replicas."""


def test_replicas_stream(postgresql):
    for replica in postgresql.replicas:
        assert replica.execute("SELECT pg_is_in_recovery()")
