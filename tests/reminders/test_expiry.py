"""Reminders of keys that expire."""

from types import SimpleNamespace

import pytest

from stack_apikeys.reminders import expiry
from stack_apikeys.reminders.models import SentNotice
from tests.factories import UserFactory
from tests.settings_pages import make_key

pytestmark = pytest.mark.django_db


def test_the_owner_is_reminded_30_7_and_1_days_before_the_expiry(
    mailoutbox, owner, team, expiring, pass_days, run
):
    person = UserFactory()
    team.add_member(person, permission_ids=["$manage_api_keys"])
    api_key = expiring(owner, 31)
    run()
    assert not mailoutbox
    subjects = []
    for days in (2, 10, 13, 1, 4, 0.5):
        pass_days(api_key, days)
        run()
        run()
        subjects += [message.subject for message in mailoutbox]
        mailoutbox.clear()
    assert [subject.partition(" expires ")[2] for subject in subjects] == [
        "in 29 days",
        "in 6 days",
        "in 1 day",
    ]
    assert all(api_key.masked in subject for subject in subjects)
    if owner == team:
        assert all(team.display_name in subject for subject in subjects)


@pytest.mark.parametrize(
    ("days", "lives", "found"),
    [
        (6.5, 400, "in 7 days"),
        (0.1, 400, "in 1 day"),
        (1.9, 2, None),
        (0.9, 2, "in 1 day"),
        (6.9, 7, None),
        (29.9, 30, None),
        (0.5, 0.6, None),
        (29.9, 30.1, "in 30 days"),
    ],
)
def test_a_reminder_needs_a_life_that_is_longer(
    mailoutbox, user, expiring, run, days, lives, found
):
    expiring(user, days, lives=lives)
    run()
    assert [message.subject.partition(" expires ")[2] for message in mailoutbox] == (
        [found] if found else []
    )


def test_a_key_that_is_found_late_gets_the_nearest_reminder_only(mailoutbox, user, expiring, run):
    api_key = expiring(user, 0.5)
    run()
    run()
    assert len(mailoutbox) == 1
    assert [row.notice for row in SentNotice.objects.filter(key_id=api_key.pk)] == ["expiring-1"]


def test_nobody_is_reminded_of_keys_that_are_of_no_use(mailoutbox, user, expiring, run):
    expiring(user, 5).revoke()
    mailoutbox.clear()
    expiring(user, -1)
    make_key(user)
    rotated = expiring(user, 5)
    successor = make_key(user)
    type(successor).objects.filter(pk=successor.pk).update(rotated_from=rotated)
    sleeper = UserFactory()
    expiring(sleeper, 5)
    sleeper.is_active = False
    sleeper.save()
    run()
    assert not mailoutbox


def test_a_team_that_may_not_act_is_not_reminded(mailoutbox, team, expiring, run, configure):
    team.add_member(UserFactory(), permission_ids=["$manage_api_keys"])
    expiring(team, 5)
    configure(POLICY="tests.reminders.policies.NobodyActs")
    run()
    assert not mailoutbox


def test_the_days_are_a_setting(mailoutbox, user, expiring, run, configure):
    configure(REMINDER_DAYS=[3, 90])
    expiring(user, 80)
    run()
    assert len(mailoutbox) == 1
    configure(REMINDER_DAYS=[])
    expiring(user, 2)
    run()
    assert len(mailoutbox) == 1


def test_reminders_can_be_switched_off(mailoutbox, user, expiring, run, configure):
    configure(NOTICES={"expiring": False})
    expiring(user, 5)
    assert run() == (0, 0)
    assert not mailoutbox


def test_who_has_no_address_is_reminded_after_getting_one(mailoutbox, user, expiring, run):
    address, user.email = user.email, ""
    user.save()
    expiring(user, 5)
    run()
    assert not mailoutbox
    user.email = address
    user.save()
    run()
    assert len(mailoutbox) == 1


def test_the_records_can_be_in_another_database(mailoutbox, user, expiring, run, monkeypatch):
    # As for a router that sends them elsewhere, no query joins them with the keys.
    monkeypatch.setattr(expiry, "router", SimpleNamespace(db_for_read=lambda _model: "other"))
    expiring(user, 5)
    assert run() == (1, 1)
    assert run() == (0, 0)
    assert len(mailoutbox) == 1


def test_reminders_take_few_queries(user, expiring, run, django_assert_num_queries):
    for _number in range(3):
        expiring(user, 5)
    # For each kind and number of days the ids; the keys with their owners; and for each key the
    # row, in a transaction of its own, that it belongs to this process, and that it was sent.
    with django_assert_num_queries(1 + 1 + 6 + 1 + 3 * 5):
        run()
    with django_assert_num_queries(1 + 1 + 6):
        run()
