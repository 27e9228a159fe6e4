"""Every e-mail, as text and HTML, in every language."""

import re

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils.html import strip_tags

from stack_apikeys.policy import Policy
from stack_apikeys.reminders import notices
from tests.factories import UserFactory
from tests.settings_pages import make_key

pytestmark = pytest.mark.django_db

NOTICES = ["created", "expiring-7", "idle", "revoked", "rotated"]


@pytest.fixture
def api_key(owner, expiring):
    """A key in a state of which every e-mail has something to say."""
    api_key = expiring(owner, 6.5, description="CI {{ b }}", created_by=UserFactory())
    successor = make_key(owner, description="CI 2")
    type(successor).objects.filter(pk=successor.pk).update(rotated_from=api_key)
    api_key.revoked_reason = "Found {{ it }}"
    return api_key


@pytest.mark.parametrize("notice", NOTICES)
def test_every_e_mail_is_whole_in_every_language(api_key, user, configure, monkeypatch, notice):
    configure(SITE_URL="https://keys.example.com")
    for language, _name in settings.LANGUAGES:
        monkeypatch.setattr(Policy, "language_of", lambda *_args, chosen=language: chosen)
        message = notices.message_to(user, api_key, notice)
        [html] = [content for content, kind in message.alternatives if kind == "text/html"]
        for text in (message.subject, message.body, html):
            assert api_key.masked in text
            # Nothing of a template or of a format is left, but what people have typed.
            left = text.replace("{{ b }}", "").replace("{{ it }}", "")
            assert not re.search(r"[{}]|%[(s]", left), (language, text)
        assert f'lang="{language}"' in html
        assert f'dir="{"rtl" if language in {"ar", "fa", "he"} else "ltr"}"' in html
        words = [re.sub(r"\W+", " ", each) for each in (message.body, strip_tags(html))]
        for sentence in filter(None, message.body.partition("https:")[0].splitlines()[:-1]):
            assert re.sub(r"\W+", " ", sentence).strip() in words[1]


@pytest.mark.parametrize("notice", NOTICES)
def test_the_templates_can_be_overridden(mailoutbox, user, expiring, notice):
    kind = notices.kind_of(notice)
    name = f"stack_apikeys_reminders/email/{kind}"
    templates = {
        f"{name}_subject.txt": "Look at {{ key }}",
        f"{name}.txt": "{{ subject }}!",
        f"{name}.html": "<p>{{ subject }}</p>",
    }
    loaders = [
        ("django.template.loaders.locmem.Loader", templates),
        "django.template.loaders.app_directories.Loader",
    ]
    engine = {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": loaders},
    }
    with override_settings(TEMPLATES=[engine]):
        message = notices.message_to(user, expiring(user, 5), notice)
    assert message.subject.startswith("Look at \u2068CI (sk_…")
    assert message.body == f"{message.subject}!"
