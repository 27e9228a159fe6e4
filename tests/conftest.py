"""What every test may rely on."""

import gc
import os

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.utils import translation

from stack_apikeys.limits import Limit
from stack_apikeys.usage.recorder import Recorder, recorder
from tests.parallel import copy_to_file
from tests.server import serve_demo


def pytest_configure(config):
    """Let Hypothesis try 100 examples, or with ``--hypothesis-profile=ci`` up to 10,000."""
    if config.getoption("numprocesses", None):
        return  # xdist's own process runs no tests
    import hypothesis

    # How long an example takes depends on what else the machine does, so there is no deadline.
    for profile, max_examples in {"ci": 10_000, "dev": 100}.items():
        hypothesis.settings.register_profile(
            profile,
            max_examples=max_examples,
            deadline=None,
            suppress_health_check=[hypothesis.HealthCheck.too_slow],
        )
    hypothesis.settings.load_profile("dev")


def pytest_report_header():
    return f"database: {connection.vendor}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection():
    """Leave out the garbage collector, which would look through every new test again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if not _is_for_this_database(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    # xdist gives each worker two tests to begin with: none begins with two long ones.
    for position, item in enumerate(filter(_is_long, [*items])):
        items.remove(item)
        items.insert(2 * position, item)


def _is_long(item):
    return item.get_closest_marker("long") is not None


def _is_for_this_database(item):
    """Return whether the database can make a difference to the test. All tests run on SQLite."""
    if item.get_closest_marker("postgresql") and connection.vendor != "postgresql":
        return False
    if item.get_closest_marker("own_session") and "DATABASE_IS_POOLED" in os.environ:
        return False
    if connection.vendor == "sqlite":
        return True
    return item.get_closest_marker("django_db") or {"db", "transactional_db"} & {*item.fixturenames}


@pytest.fixture(autouse=True)
def forget_what_was_counted():
    """Attempts of one test are no others' attempts."""
    cache.clear()


@pytest.fixture(autouse=True)
def usage_is_not_written(monkeypatch):
    """Keep the counts of usage in memory, where tests of queries do not see them."""
    monkeypatch.setattr(Recorder, "write_if_due", lambda _self: None)
    monkeypatch.setattr(Recorder, "_start_the_timer", lambda _self: None)
    yield
    recorder.forget()


@pytest.fixture(autouse=True)
def default_language():
    """Deactivate the language that a request of an earlier test has activated."""
    translation.deactivate()


@pytest.fixture
def user(db):
    from tests.factories import UserFactory  # models cannot be imported before Django is set up

    return UserFactory(display_name="Ada")


@pytest.fixture
def team(db):
    from tests.factories import TeamFactory

    return TeamFactory()


@pytest.fixture(params=["user", "team"])
def kind(request):
    """Each kind of owner, and of key."""
    return request.param


@pytest.fixture(params=["user", "team"])
def owner(request):
    """A user, and in the next test a team."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def value(user):
    """The value of a key of ``user``."""
    return user.api_keys.create_key()[1]


@pytest.fixture
def configure(settings):
    """Changes some of the settings in ``STACK_APIKEYS``."""

    def change(**changes):
        settings.STACK_APIKEYS = settings.STACK_APIKEYS | changes

    return change


class Clock:
    """Stands still, so that no window of a rate ends in the middle of a test."""

    def __init__(self, now=1_800_000_030):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def limits_clock(monkeypatch):
    """The clock by which rates are limited: half a minute after a full hour."""
    clock = Clock()
    monkeypatch.setattr(Limit, "timer", clock)
    return clock


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The demo as a visitor runs it: a program of its own, with a database of its own."""
    with serve_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def shared_database(transactional_db, tmp_path, monkeypatch):
    """A database that several threads can use at once, whichever it is."""
    if connection.vendor != "sqlite":
        yield
        return
    memory = copy_to_file(tmp_path / "db.sqlite3", monkeypatch)
    yield
    connections["default"].close()
    monkeypatch.undo()
    connections["default"] = memory


class RecordedCache:
    """The default cache, which records the names of the methods that are called."""

    def __init__(self, operations):
        self.operations = operations

    def __getattr__(self, name):
        method = getattr(cache, name)

        def record(*args, **kwargs):
            self.operations.append(name)
            return method(*args, **kwargs)

        return record


@pytest.fixture
def cache_operations(monkeypatch):
    """The names of the cache operations that limits have made."""
    operations = []
    recorded = RecordedCache(operations)
    init = Limit.__init__
    monkeypatch.setattr(
        Limit, "__init__", lambda self, *args, **kwargs: init(self, *args, cache=recorded, **kwargs)
    )
    return operations
