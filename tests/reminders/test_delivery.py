"""Each e-mail is sent once, and none is lost."""

from datetime import timedelta

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from stack_apikeys.reminders.delivery import MOST_TRIES, RETRY_AFTER, deliver
from stack_apikeys.reminders.expiry import EmailsNotSent
from stack_apikeys.reminders.models import SentNotice
from tests.factories import UserFactory
from tests.parallel import in_parallel
from tests.settings_pages import make_key


@pytest.fixture
def out_of_order(monkeypatch):
    """A function that stops the mail server; the one that it returns starts it again."""

    def stop(exception=ConnectionRefusedError):
        def refuse(_backend, _messages):
            raise exception

        with_patch = pytest.MonkeyPatch()
        with_patch.setattr(EmailBackend, "send_messages", refuse)
        return with_patch.undo

    return stop


@pytest.fixture
def later():
    """A function after which the last tries are as old as those of processes that have stopped."""

    def change():
        SentNotice.objects.filter(sent_at=None).update(tried_at=timezone.now() - RETRY_AFTER)

    return change


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_one_sends_a_reminder(
    shared_database, mailoutbox, user, team, expiring, run
):
    team.add_member(user, permission_ids=["$manage_api_keys"])
    api_keys = [expiring(owner, 5) for owner in (user, team) for _number in range(4)]
    mailoutbox.clear()
    in_parallel(*[run] * 4)
    named = [
        api_key.masked
        for message in mailoutbox
        for api_key in api_keys
        if api_key.masked in message.subject
    ]
    assert sorted(named) == sorted(api_key.masked for api_key in api_keys)
    assert not SentNotice.objects.filter(sent_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_one_tells_of_a_change(shared_database, mailoutbox, user):
    api_key = make_key(user)
    api_key.revoke()
    SentNotice.objects.all().delete()
    mailoutbox.clear()
    in_parallel(*[lambda: deliver(api_key, "revoked")] * 6)
    assert len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_one_sends_again(
    shared_database, mailoutbox, user, expiring, run, out_of_order, later
):
    expiring(user, 5)
    mailoutbox.clear()
    start_again = out_of_order()
    with pytest.raises(EmailsNotSent):
        run()
    start_again()
    later()
    in_parallel(*[run] * 4)
    assert len(mailoutbox) == 1


@pytest.mark.django_db
def test_an_e_mail_that_could_not_be_sent_is_sent_later(
    mailoutbox, user, expiring, run, out_of_order, later, caplog
):
    expiring(user, 5)
    start_again = out_of_order()
    with pytest.raises(EmailsNotSent, match=r"^1 e-mails about API keys could not be sent"):
        run()
    start_again()
    run()  # It may still be on its way.
    assert not mailoutbox
    later()
    caplog.clear()
    assert run() == (1, 1)
    assert run() == (0, 0)
    assert len(mailoutbox) == 1
    assert "is sent again. It may arrive twice." in caplog.text


@pytest.mark.django_db
def test_an_e_mail_whose_process_has_stopped_is_sent_by_the_next(
    mailoutbox, user, expiring, run, out_of_order, later
):
    expiring(user, 5)
    start_again = out_of_order(SystemExit)
    with pytest.raises(SystemExit):
        run()
    start_again()
    later()
    run()
    assert len(mailoutbox) == 1


@pytest.mark.django_db
def test_one_that_is_sent_twice_has_the_same_message_id(
    mailoutbox, user, expiring, run, monkeypatch, later
):
    expiring(user, 5)
    run()
    SentNotice.objects.update(sent_at=None)  # The process has stopped before it marked the row.
    later()
    run()
    first, second = mailoutbox
    assert first.message()["Message-ID"] == second.message()["Message-ID"]


@pytest.mark.django_db
def test_an_e_mail_is_given_up_after_some_tries(
    mailoutbox, user, expiring, run, out_of_order, later
):
    expiring(user, 5)
    start_again = out_of_order()
    for _number in range(MOST_TRIES):
        with pytest.raises(EmailsNotSent):
            run()
        later()
    start_again()
    assert run() == (0, 0)
    assert not mailoutbox


@pytest.mark.django_db
def test_a_change_that_could_not_be_told_of_is_told_of_later(
    mailoutbox, user, run, out_of_order, later, django_capture_on_commit_callbacks
):
    start_again = out_of_order()
    with django_capture_on_commit_callbacks(execute=True):
        make_key(user).revoke(reason="Leaked")
    start_again()
    later()
    run()
    subjects = sorted(message.subject for message in mailoutbox)
    assert "New API key" in subjects[0]
    assert "was revoked" in subjects[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "event", ["revoked", "rotated", "deleted", "too late", "other days", "switched off"]
)
def test_what_is_no_longer_true_is_not_sent_again(
    mailoutbox, user, expiring, run, out_of_order, later, pass_days, configure, event
):
    api_key = expiring(user, 6.5)
    start_again = out_of_order()
    with pytest.raises(EmailsNotSent):
        run()
    start_again()
    later()
    match event:
        case "revoked":
            api_key.revoke()
        case "rotated":
            successor = make_key(user)
            type(successor).objects.filter(pk=successor.pk).update(rotated_from=api_key)
        case "deleted":
            api_key.delete()
        case "too late":
            pass_days(api_key, 6)
        case "other days":
            configure(REMINDER_DAYS=[3])
        case "switched off":
            configure(NOTICES={"expiring": False})
    run()
    subjects = [message.subject.partition(" expires ")[2] for message in mailoutbox]
    assert subjects == (["in 1 day"] if event == "too late" else [])
    assert not SentNotice.objects.filter(sent_at=None).exists()


@pytest.mark.django_db
def test_one_member_who_cannot_be_reached_does_not_stop_the_others(
    mailoutbox, team, expiring, run, monkeypatch, caplog
):
    for name in ("here", "gone", "there"):
        person = UserFactory(email=f"{name}@example.com")
        team.add_member(person, permission_ids=["$manage_api_keys"])
    send_messages = EmailBackend.send_messages

    def refuse(backend, messages):
        if messages[0].to == ["gone@example.com"]:
            raise ConnectionRefusedError
        return send_messages(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    expiring(team, 5)
    run()
    run()
    assert sorted(message.to[0] for message in mailoutbox) == [
        "here@example.com",
        "there@example.com",
    ]
    assert "gone@" not in caplog.text
    assert "could not be sent: ConnectionRefusedError." in caplog.text


@pytest.mark.django_db
def test_old_records_are_pruned(user, expiring, run):
    from stack_apikeys.reminders import pruning

    api_key = expiring(user, 5)
    run()
    SentNotice.objects.create(
        key_id=api_key.pk,
        kind="user",
        notice="created",
        tried_at=timezone.now() - timedelta(days=401),
    )
    assert [*pruning.prune()] == [(1, 1)]
    assert [*pruning.prune()] == []
    assert [row.notice for row in SentNotice.objects.all()] == ["expiring-7"]
