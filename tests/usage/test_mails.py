"""E-mails about unusual use."""

from datetime import timedelta

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone, translation

from stack_apikeys.policy import Policy
from stack_apikeys.signals import unusual_use
from stack_apikeys.usage.models import UnusualUse
from tests.factories import UserFactory
from tests.settings_pages import make_key

pytestmark = pytest.mark.django_db

RULES = {
    "idle": ("2026-05-04", "not been used for a long time"),
    "network": ("198.51.100.0/24", "from the network \u2066198.51.100.0/24\u2069"),
    "busy": ("2026-05-04 12:00", "in the hour from \u20662026-05-04 12:00\u2069 UTC"),
    "ended": ("2026-05-04", "give it another one"),
}


@pytest.fixture(autouse=True)
def mails_are_wanted(configure):
    configure(UNUSUAL_USE_MAIL=True)


def report(api_key, rule="network", *, about=None, ago=timedelta(0)):
    episode = UnusualUse.objects.create(
        key_id=api_key.pk,
        kind=api_key.KIND,
        rule=rule,
        moment=timezone.now() - ago,
        about=about or RULES[rule][0],
    )
    for _receiver, answer in unusual_use.send_robust(type(api_key), unusual_use=episode):
        assert answer is None


@pytest.mark.parametrize("rule", RULES)
def test_the_user_is_told_what_is_unusual(mailoutbox, user, rule):
    api_key = make_key(user, description="CI <b>")
    report(api_key, rule)
    [message] = mailoutbox
    assert message.to == [user.email]
    assert "Unusual use of your API key" in message.subject
    assert api_key.masked in message.subject
    [html] = [content for content, kind in message.alternatives if kind == "text/html"]
    assert RULES[rule][1] in message.body
    assert RULES[rule][1] in html
    assert "CI <b>" in message.body
    assert "CI &lt;b&gt;" in html
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_the_members_of_a_team_who_manage_its_keys_are_told_one_by_one(mailoutbox, team):
    manager, other, _outsider, gone = UserFactory.create_batch(4)
    team.add_member(manager, permission_ids=["$manage_api_keys"])
    team.add_member(gone, permission_ids=["$manage_api_keys"])
    team.add_member(other)
    gone.is_active = False
    gone.save()
    report(make_key(team))
    told = [message.to for message in mailoutbox]
    assert [manager.email] in told
    assert not [each for each in told if len(each) != 1 or each[0] in (other.email, gone.email)]
    assert team.display_name in mailoutbox[0].subject


class OnlyTheBoss(Policy):
    def people_to_tell(self, api_key):
        return [each for each in super().people_to_tell(api_key) if each.display_name == "Boss"]


def test_the_policy_says_who_is_told(mailoutbox, team, user, configure):
    configure(POLICY=f"{__name__}.OnlyTheBoss")
    boss = UserFactory(display_name="Boss")
    for member in (boss, UserFactory()):
        team.add_member(member, permission_ids=["$manage_api_keys"])
    report(make_key(team))
    report(make_key(user))
    assert [message.to for message in mailoutbox] == [[boss.email]]


def test_nobody_is_told_unless_the_setting_says_so(mailoutbox, user, configure):
    configure(UNUSUAL_USE_MAIL=False)
    report(make_key(user))
    assert not mailoutbox


def test_one_key_and_rule_is_told_of_once_a_day(mailoutbox, user):
    api_key = make_key(user)
    report(api_key, about="192.0.2.0/24", ago=timedelta(hours=23))
    report(api_key, about="198.51.100.0/24")
    assert len(mailoutbox) == 1
    report(api_key, "busy")
    report(make_key(user))
    assert len(mailoutbox) == 3
    later = make_key(user)
    report(later, about="192.0.2.0/24", ago=timedelta(hours=25))
    report(later, about="198.51.100.0/24")
    assert len(mailoutbox) == 5


def test_of_several_episodes_at_once_one_is_told(mailoutbox, user):
    api_key = make_key(user)
    episodes = [
        UnusualUse.objects.create(
            key_id=api_key.pk,
            kind="user",
            rule="network",
            moment=timezone.now(),
            about=f"192.0.{number}.0/24",
        )
        for number in range(3)
    ]
    for episode in episodes:
        unusual_use.send_robust(type(api_key), unusual_use=episode)
    assert len(mailoutbox) == 1


def test_a_real_use_from_a_new_network_is_mailed(mailoutbox, user, use, stored, at):
    _api_key, value = user.api_keys.create_key(description=f"Backup {'x' * 30}")
    at(2026, 1, 1)
    use(value)
    at(2026, 1, 15)
    use(value, address="198.51.100.7")
    stored()
    [message] = mailoutbox
    assert "198.51.100.0/24" in message.body
    assert "Thursday 15 January 2026, 00:00 UTC" in message.body
    assert value not in str(message.message())
    assert value[10:30] not in str(message.message())


def test_a_key_in_the_description_is_not_mailed(mailoutbox, user):
    _other, value = user.api_keys.create_key()
    report(make_key(user, description=f"like {value}"))
    [message] = mailoutbox
    assert value not in str(message.message())
    assert value not in message.body


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": ""}])
def test_who_cannot_be_reached_is_not_told(mailoutbox, user, change):
    api_key = make_key(user)
    for name, value in change.items():
        setattr(user, name, value)
    user.save()
    report(api_key)
    assert not mailoutbox


def test_nothing_is_mailed_about_a_deleted_key(mailoutbox, user):
    api_key = make_key(user)
    key_id = api_key.pk
    api_key.delete()
    api_key.pk = key_id
    report(api_key)
    assert not mailoutbox


def test_the_mail_is_in_the_language_of_the_site_whoever_sent_the_request(mailoutbox, user):
    with translation.override("de"), timezone.override("Asia/Tokyo"):
        report(make_key(user))
    [message] = mailoutbox
    assert "Unusual use" in message.subject
    assert "UTC" in message.body


def test_a_mail_that_cannot_be_sent_is_logged_without_addresses(user, monkeypatch, caplog):
    def refuse(_backend, _messages):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    api_key = make_key(user)
    report(api_key)
    [record] = caplog.records
    assert record.getMessage().startswith(f"The e-mail about unusual use of the key {api_key.pk}")
    assert record.getMessage().endswith("could not be sent: ConnectionRefusedError.")
    assert not record.exc_info
