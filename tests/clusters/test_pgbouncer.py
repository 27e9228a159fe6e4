"""PgBouncer that pools transactions."""


def test_it_pools(pgbouncer):
    assert pgbouncer.administer("SHOW VERSION")
