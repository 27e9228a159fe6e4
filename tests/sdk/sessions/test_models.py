"""Sessions in the database."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.views.debug import ExceptionReporter

from stack_apikeys.sdk.models import Session
from tests.factories import UserFactory
from tests.wire import (
    refresh,
    sign_in,
)

pytestmark = pytest.mark.django_db


def test_no_secret_of_a_session_is_in_the_database(user):
    refresh_token = sign_in(user)["refresh_token"]
    session = Session.objects.get()
    assert session.digest == hashlib.sha256(refresh_token.encode()).hexdigest()
    assert refresh_token not in str(vars(session))
    assert refresh_token not in f"{session} {session!r}"


def test_no_refresh_token_is_in_the_report_of_an_error(user, rf):
    user.get_session_auth_hash = lambda: None  # which violates the NOT NULL constraint
    with pytest.raises(IntegrityError) as caught:
        Session.objects.start(user)
    error = caught.value
    report = ExceptionReporter(rf.get("/"), type(error), error, error.__traceback__)
    html = report.get_traceback_html()
    assert "refresh_token" in html
    assert not re.search(r"[0-9a-f]{32}[\w-]{43}", html)


def test_a_sign_in_deletes_ended_sessions_of_the_user(user):
    for _ in range(3):
        sign_in(user)
    ended, stale, _live = Session.objects.all()
    Session.objects.filter(pk=ended.pk).update(expires_at=ended.created_at)
    Session.objects.filter(pk=stale.pk).update(auth_hash="of another password")
    other = sign_in(UserFactory())
    sign_in(user)
    assert Session.objects.filter(user=user).count() == 2
    assert refresh(other["refresh_token"]).status_code == 200


def test_a_session_lasts_as_long_as_the_settings_say(user, configure):
    configure(SESSION_LIFETIME=timedelta(hours=8))
    sign_in(user)
    session = Session.objects.get()
    lasts = session.expires_at - session.created_at
    assert abs(lasts - timedelta(hours=8)) < timedelta(minutes=5)
