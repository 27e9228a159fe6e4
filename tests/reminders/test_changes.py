"""E-mails about what happens to keys."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stack_apikeys.models import TeamApiKey
from stack_apikeys.reminders.models import SentNotice
from stack_apikeys.signals import api_key_rotated
from stack_apikeys.usage.models import KeyDay
from tests.command import run as run_command
from tests.factories import UserFactory
from tests.settings_pages import address, create, hidden_fields, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def committed(django_capture_on_commit_callbacks):
    """A context manager at whose end the changes are committed."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def manager(team):
    manager = UserFactory(display_name="Grace")
    team.add_member(manager, permission_ids=["$manage_api_keys"])
    return manager


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def html_of(message):
    [html] = [content for content, kind in message.alternatives if kind == "text/html"]
    return html


def test_the_owner_is_told_of_a_new_key(mailoutbox, owner, user, manager, committed):
    person = manager if owner != user else user
    with committed():
        api_key, value = owner.api_keys.create_key(description="CI <b>")
        assert not mailoutbox
    [message] = mailoutbox
    assert message.to == [person.email]
    assert "New API key" in message.subject
    assert api_key.masked in message.subject
    assert "Created by the server" in message.body
    assert "It never expires." in message.body
    assert "CI <b>" in message.body
    assert "CI &lt;b&gt;" in html_of(message)
    assert value not in str(message.message())
    assert value[10:30] not in f"{message.body}{html_of(message)}"


def test_everybody_who_manages_the_keys_of_a_team_is_told_by_whom(
    mailoutbox, team, manager, user, committed
):
    team.add_member(user, permission_ids=["$manage_api_keys"])
    team.add_member(UserFactory())
    with committed():
        make_key(team, created_by=manager)
    by_whom = {message.to[0]: "Created by" in message.body for message in mailoutbox}
    assert by_whom == {manager.email: False, user.email: True}


def test_keys_created_in_the_pages_are_told_of(client, mailoutbox, user, committed):
    client.force_login(user)
    with committed():
        assert create(client).status_code == 200
    [message] = mailoutbox
    assert "Created by" not in message.body
    assert "It expires on" in message.body


def test_a_change_that_is_rolled_back_is_not_told_of(mailoutbox, user, committed):
    with committed(), suppress(ZeroDivisionError), transaction.atomic():
        make_key(user)
        raise ZeroDivisionError
    assert not mailoutbox
    assert not SentNotice.objects.exists()


def test_the_owner_is_told_of_a_revocation_by_somebody_else(client, mailoutbox, user, committed):
    with committed():
        make_key(user).revoke(by=UserFactory(display_name="Grace"), reason="Found in a log")
    message = mailoutbox[-1]
    assert "was revoked" in message.subject
    assert "Revoked by \u2068" in message.body
    assert "Reason: \u2068Found in a log\u2069" in message.body
    assert "Found in a log" in html_of(message)
    mailoutbox.clear()
    with committed():
        type(make_key(user)).objects.valid().revoke()
    [_created, message] = mailoutbox
    assert "Revoked by the server" in message.body
    assert "Reason" not in message.body


def in_the_pages(api_keys, revoker):
    page = signed_in(revoker).post(
        address("api-keys-revoke", team=api_keys[0].team), {"key": [each.pk for each in api_keys]}
    )
    return signed_in(revoker).post(
        address("api-keys-revoke", team=api_keys[0].team),
        hidden_fields(page.text) | {"understood": "on", "reason": "Found"},
        headers={"Origin": "http://testserver"},
    )


def in_admin(api_keys, revoker):
    type(revoker).objects.filter(pk=revoker.pk).update(is_staff=True, is_superuser=True)
    return signed_in(revoker).post(
        reverse("admin:stack_apikeys_teamapikey_changelist"),
        {
            "action": "revoke_selected",
            "_selected_action": [each.pk for each in api_keys],
            "revoke": "1",
            "reason": "Found",
        },
    )


def in_python(api_keys, revoker):
    keys = [each.pk for each in api_keys]
    TeamApiKey.objects.filter(pk__in=keys).revoke(by=revoker, reason="Found")


def by_the_command(api_keys, revoker):
    team = str(api_keys[0].team_id)
    run_command("revoke", "--all", "--team", team, "--yes", "--reason", "Found")


@pytest.mark.parametrize("revoke", [in_the_pages, in_admin, in_python, by_the_command])
def test_revocations_of_several_keys_are_told_of_one_by_one(
    mailoutbox, team, manager, committed, revoke
):
    revoker = UserFactory(display_name="Ada")
    team.add_member(revoker, permission_ids=["$manage_api_keys"])
    api_keys = [make_key(team) for _number in range(2)]
    with committed():
        revoke(api_keys, revoker)
    told = {
        (message.to[0], each.masked)
        for message in mailoutbox
        for each in api_keys
        if each.masked in message.subject
    }
    others = [manager, revoker] if revoke is by_the_command else [manager]
    assert told == {(person.email, each.masked) for person in others for each in api_keys}
    assert len(mailoutbox) == len(told)
    who = "the server" if revoke is by_the_command else "\u2068Ada\u2069"
    assert all(f"Revoked by {who}" in message.body for message in mailoutbox)
    assert all("Reason: \u2068Found\u2069" in message.body for message in mailoutbox)


def test_the_others_are_told_that_keys_end_with_the_membership_of_their_creator(
    mailoutbox, team, manager, committed, configure
):
    configure(ON_CREATOR_LEAVING="revoke")
    creator = UserFactory()
    membership = team.add_member(creator, permission_ids=["$manage_api_keys"])
    api_key = make_key(team, created_by=creator)
    with committed():
        membership.delete()
    [message] = mailoutbox
    assert message.to == [manager.email]
    assert api_key.masked in message.subject
    assert "The person who created the key has left the team." in message.body


def test_nobody_is_told_of_a_revocation_of_their_own(mailoutbox, user, team, manager, committed):
    team.add_member(user, permission_ids=["$manage_api_keys"])
    own, of_team = make_key(user), make_key(team)
    with committed():
        own.revoke(by=user)
        of_team.revoke(by=user)
    [message] = mailoutbox
    assert message.to == [manager.email]


def test_a_second_revocation_is_not_told_of(mailoutbox, user, committed):
    api_key = make_key(user)
    with committed():
        api_key.revoke()
        api_key.revoke()
    assert len(mailoutbox) == 1


def test_a_secret_in_a_reason_is_not_mailed(mailoutbox, user, committed):
    api_key, value = user.api_keys.create_key()
    with committed():
        api_key.revoke(reason=f"leaked: {value}")
    [message] = mailoutbox
    assert "leaked: sk_…" in message.body
    assert value not in f"{message.body}{html_of(message)}"


def test_the_owner_is_told_that_nobody_used_the_key(mailoutbox, user, committed, configure):
    configure(IDLE_DAYS=90)
    api_key = make_key(user)
    long_ago = timezone.now() - timedelta(days=200)
    type(api_key).objects.filter(pk=api_key.pk).update(created_at=long_ago)
    KeyDay.objects.create(key_id=make_key(user).pk, day=long_ago.date())
    with committed():
        call_command("api_keys", "maintain")
        call_command("api_keys", "maintain")
    [message] = mailoutbox
    assert api_key.masked in message.subject
    assert "was revoked, because it was not used for a long time" in message.subject
    assert "Create another key" in message.body
    assert "Create another key" in html_of(message)


def test_the_owner_is_told_of_a_rotation_once(mailoutbox, owner, user, manager, committed, run):
    person = manager if owner != user else user
    api_key = make_key(owner, expires_at=timezone.now() + timedelta(days=5))
    lived = {"created_at": timezone.now() - timedelta(days=300)}
    type(api_key).objects.filter(pk=api_key.pk).update(**lived)
    with committed():
        successor, value = api_key.rotate(overlap=timedelta(hours=1), by=person)
    api_key_rotated.send_robust(type(api_key), api_key=api_key, successor=successor)
    run()
    [message] = mailoutbox
    assert message.to == [person.email]
    assert "was rotated" in message.subject
    assert api_key.masked in message.subject
    assert successor.masked in message.body
    assert ", both can be used." in message.body
    assert value[10:30] not in f"{message.body}{html_of(message)}"


def test_an_old_key_that_has_ended_can_no_longer_be_used(mailoutbox, user, committed):
    api_key = make_key(user)
    with committed():
        api_key.rotate(overlap=timedelta(0))
    [message] = mailoutbox
    assert "It can no longer be used." in message.body
    assert "It can no longer be used." in html_of(message)


@pytest.mark.parametrize("kind", ["created", "revoked"])
def test_each_kind_can_be_switched_off(mailoutbox, user, committed, configure, kind):
    configure(NOTICES={kind: False})
    with committed():
        make_key(user).revoke()
    assert [kind in SentNotice.objects.get().notice] == [False]
    assert len(mailoutbox) == 1


def test_switched_off_e_mails_take_no_query(user, configure, django_assert_num_queries):
    from stack_apikeys.reminders import receivers

    configure(NOTICES={"created": False})
    api_key = make_key(user)
    with django_assert_num_queries(0):
        receivers.tell_of_creation(api_key)


def test_a_mail_server_that_refuses_does_not_break_the_change(
    client, user, committed, monkeypatch, caplog
):
    def refuse(_backend, _messages):
        raise ConnectionRefusedError("user0@example.com")

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    client.force_login(user)
    with committed():
        assert "Key created" in create(client).text
    [record] = caplog.records
    assert record.getMessage().endswith("could not be sent: ConnectionRefusedError.")
    assert user.email not in caplog.text
    api_key = user.api_keys.get()
    with committed():
        client.post(address("api-key-revoke", api_key), {"understood": "on"})
    api_key.refresh_from_db()
    assert not api_key.is_valid()


def test_a_broken_template_does_not_break_the_change(user, committed, monkeypatch, caplog):
    from stack_apikeys import mails

    monkeypatch.setattr(mails, "render_to_string", lambda *_args: 1 / 0)
    with committed():
        api_key = make_key(user)
    assert api_key.is_valid()
    assert "ZeroDivisionError" in caplog.text


def test_people_read_in_their_language_and_sites_add_headers(
    mailoutbox, team, committed, configure
):
    configure(POLICY="tests.reminders.policies.InTheirLanguage")
    for name in ("de", "EN", "xx"):
        team.add_member(UserFactory(display_name=name), permission_ids=["$manage_api_keys"])
    with committed():
        api_key = make_key(team)
    languages = {message.to[0]: 'lang="de"' in html_of(message) for message in mailoutbox}
    assert sorted(languages.values()) == [False, False, True]
    headers = [message.extra_headers["List-Unsubscribe"] for message in mailoutbox]
    assert all(header.startswith("<https://example.com/created/") for header in headers)
    assert all(header.endswith(f"/{api_key.pk}>") for header in headers)
    assert len({message.extra_headers["Message-ID"] for message in mailoutbox}) == 3
    assert mailoutbox[0].extra_headers["Auto-Submitted"] == "auto-generated"


def test_links_are_of_the_sites_address(mailoutbox, owner, user, manager, committed, configure):
    configure(SITE_URL="https://keys.example.com/")
    with committed():
        api_key = make_key(owner)
    [message] = mailoutbox
    url = "https://keys.example.com" + address(
        "api-key", api_key, team=None if owner == user else owner
    )
    assert f"\n{url}\n" in message.body
    assert f'href="{url}"' in html_of(message)


@pytest.mark.parametrize("site_url", ["", "https://keys.example.com"])
def test_without_an_address_or_pages_there_are_no_links(
    mailoutbox, user, committed, configure, settings, site_url
):
    configure(SITE_URL=site_url)
    if site_url:
        settings.ROOT_URLCONF = "tests.reminders.urls_without_pages"
    with committed():
        make_key(user)
    [message] = mailoutbox
    assert "http" not in message.body
    assert "<a " not in html_of(message)
