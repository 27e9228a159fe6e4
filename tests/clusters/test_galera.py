"""Three nodes that all take writes, with the site at each of them."""

import threading
from collections import Counter
from contextlib import closing, contextmanager

import pytest

from tests.clusters.sites import create_own_key, serve_each, sign_up, statuses_of
from tests.faults.redis_server import serve_redis
from tests.faults.site import in_parallel, succeeded
from tests.listening import keeper
from tests.parallel import Meanwhile
from tests.requirements import require_program
from tests.server import wait_until

TURNS = 4
HOUR = 60 * 60 * 1000


@pytest.fixture(scope="module")
def migrated(galera):
    with keeper(database=galera.nodes[0].url) as process:
        assert process.ask("migrate") == "migrated"
    return galera


@pytest.fixture(scope="module")
def sites(migrated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sites")
    with serve_each([node.url for node in migrated.nodes], folder) as serving:
        yield serving


@pytest.fixture
def owner(sites):
    return sign_up(sites[0])["user_id"]


@contextmanager
def standing_still(node):
    """Let the node receive what the others commit, and apply it only at the end of the block."""
    with closing(node.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("FLUSH TABLES WITH READ LOCK")
        yield
        cursor.execute("UNLOCK TABLES")


def test_three_nodes_form_one_cluster(galera):
    assert {node.status("wsrep_cluster_size") for node in galera.nodes} == {"3"}


def test_a_change_that_one_node_has_answered_holds_at_every_node(sites, owner):
    before, after, created = Counter(), Counter(), []

    def live(position):
        for turn in range(TURNS):
            key = succeeded(sites[position].create_key("user", owner)).json
            created.append(key["id"])
            before.update(statuses_of(site.authenticate("user", key["value"]) for site in sites))
            elsewhere = sites[(position + turn) % len(sites)]
            succeeded(elsewhere.revoke_key("user", key["id"]))
            after.update(statuses_of(site.authenticate("user", key["value"]) for site in sites))

    with in_parallel(len(sites), live):
        pass
    number = len(sites) * TURNS
    assert before == {200: len(sites) * number}
    assert after == {401: len(sites) * number}
    for site in sites:
        stored = succeeded(site.server("GET", f"/user-api-keys?user_id={owner}")).json["items"]
        assert {each["id"] for each in stored} == {*created}
        assert all(each["manually_revoked_at_millis"] for each in stored)


def at_once(sites, task):
    """Let all sites do the task at the same moment; count the statuses of their answers."""
    barrier = threading.Barrier(len(sites))
    answers = []

    def run(position):
        barrier.wait()
        answers.append(task(sites[position]))

    with in_parallel(len(sites), run):
        pass
    return statuses_of(answers)


def test_of_rotations_at_all_nodes_at_once_one_succeeds(sites, owner):
    for _ in range(TURNS):
        key = succeeded(sites[0].create_key("user", owner)).json
        path, body = f"/user-api-keys/{key['id']}/rotate", {"overlap_millis": HOUR}
        statuses = at_once(sites, lambda site: site.server("POST", path, body))  # noqa: B023  # called at once
        assert statuses == {200: 1, 409: len(sites) - 1}


def test_revocations_at_all_nodes_at_once_succeed(sites, owner):
    for _ in range(TURNS):
        key = succeeded(sites[0].create_key("user", owner)).json
        statuses = at_once(sites, lambda site: site.revoke_key("user", key["id"]))  # noqa: B023  # the same
        assert statuses == {200: len(sites)}


def test_a_person_creates_keys_at_all_nodes_at_once(sites):
    person = sign_up(sites[0])
    for _ in range(TURNS):
        assert at_once(sites, lambda site: create_own_key(site, person)) == {200: len(sites)}
    path = f"/user-api-keys?user_id={person['user_id']}"
    stored = succeeded(sites[0].server("GET", path)).json["items"]
    assert len(stored) == TURNS * len(sites)


def test_uses_at_several_nodes_are_all_counted(migrated, tmp_path):
    with serve_each([node.url for node in migrated.nodes[:2]], tmp_path) as sites:
        key = succeeded(sites[0].create_key("user", sign_up(sites[0])["user_id"])).json
        for _ in range(TURNS):
            at_once(sites, lambda site: site.authenticate("user", key["value"]))
    counted = migrated.nodes[0].ask(
        "SELECT SUM(accepted) FROM stack_apikeys.stack_apikeys_usage_keyusage "
        f"WHERE REPLACE(key_id, '-', '') = '{key['id'].replace('-', '')}'"
    )
    assert counted == (TURNS * len(sites),)


@pytest.mark.long
def test_a_node_that_is_killed_and_rejoins_loses_nothing_and_accepts_no_revoked_key(
    migrated, sites, owner
):
    victim = migrated.nodes[-1]
    valid, revoked, in_doubt = [], [], []
    turns, failures, accepted = Counter(), Counter(), Counter()
    is_over = threading.Event()

    def live(position):
        site = sites[position]
        while not is_over.is_set():
            accepted.update(statuses_of(site.authenticate("user", value) for value in revoked[-2:]))
            answer = site.create_key("user", owner)
            if answer is None or answer.status != 200:
                failures[position] += 1
                is_over.wait(0.1)
                continue
            key = answer.json
            if turns[position] % 2:
                answer = site.revoke_key("user", key["id"])
                is_revoked = answer is not None and answer.status == 200
                (revoked if is_revoked else in_doubt).append(key["value"])
            else:
                valid.append(key["value"])
            turns[position] += 1

    def wait_for_turns(*positions):
        enough = {position: turns[position] + 6 for position in positions}
        wait_until(lambda: all(turns[position] >= least for position, least in enough.items()))

    with in_parallel(len(sites), live):
        try:
            wait_for_turns(0, 1, 2)
            victim.kill()
            wait_for_turns(0, 1)
            wait_until(lambda: failures[2])
            migrated.rejoin(victim)
            wait_for_turns(0, 1, 2)
        finally:
            is_over.set()
    assert accepted[200] == 0
    assert {*failures} == {2}  # at the other nodes, all have waited
    assert len(in_doubt) <= 1  # the one that was being revoked at the node that was killed
    for site in sites:
        assert statuses_of(site.authenticate("user", value) for value in valid) == {200: len(valid)}
        assert statuses_of(site.authenticate("user", value) for value in revoked) == {
            401: len(revoked)
        }


@pytest.mark.long
def test_a_node_that_has_lost_the_majority_accepts_no_key(migrated, sites, owner):
    survivor, *others = migrated.nodes
    key = succeeded(sites[0].create_key("user", owner)).json
    for node in others:
        node.kill()
    try:
        wait_until(lambda: survivor.status("wsrep_cluster_status") == "non-Primary")
        answers = [sites[0].authenticate("user", key["value"]) for _ in range(TURNS)]
        answers.append(sites[0].create_key("user", owner))
    finally:
        survivor.ask("SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'")
        for node in others:
            migrated.rejoin(node)
    assert statuses_of(answers) == {500: len(answers)}
    assert statuses_of(site.authenticate("user", key["value"]) for site in sites) == {
        200: len(sites)
    }


@pytest.fixture
def redis_url(tmp_path):
    require_program("redis-server")
    with serve_redis(tmp_path) as server:
        yield server.url


def test_a_key_is_read_again_from_a_node_that_is_late_if_reads_wait(migrated, redis_url):
    first, late, _third = migrated.nodes
    with (
        keeper(redis_url, database=first.url) as here,
        keeper(redis_url, database=late.url) as there,
    ):
        value = here.ask("create")
        there.keeps(value)

        def hear_of_it():
            while (answer := there.ask("verify", value)).startswith("usable"):
                pass
            return answer

        hearing = Meanwhile(hear_of_it)
        with standing_still(late):
            here.ask("revoke", value)
            assert not hearing.begin()
        assert hearing.result() == "API_KEY_REVOKED after 1"


def test_a_revoked_key_is_kept_for_a_minute_if_a_node_is_late_and_reads_do_not_wait(
    migrated, redis_url
):
    first, late, _third = migrated.nodes
    with (
        keeper(redis_url, database=first.url) as here,
        keeper(redis_url, database=late.url_without_wait) as there,
    ):
        value = here.ask("create")
        there.keeps(value)
        with standing_still(late):
            here.ask("revoke", value)
            wait_until(lambda: there.ask("is_kept", value) == "no")
            there.keeps(value)
        with keeper(database=late.url) as up_to_date:
            assert up_to_date.ask("verify", value) == "API_KEY_REVOKED after 1"
        there.keeps(value)
        there.ask("skip", 60)
        assert there.ask("verify", value) == "API_KEY_REVOKED after 1"
