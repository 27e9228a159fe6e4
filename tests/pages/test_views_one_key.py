"""The pages of one key: its details, and the forms that rename and revoke it."""

import re

import pytest
from django.urls import reverse

from stack_apikeys.models import UserApiKey
from tests.factories import UserFactory
from tests.pages.lists import in_days, team_of, text_of
from tests.settings_pages import address, make_key

pytestmark = pytest.mark.django_db


def test_a_keys_page_tells_all_there_is_to_know(client, user, team):
    api_key = make_key(
        team,
        description="Deploys <b>fast</b>",
        is_public=True,
        created_by=user,
        expires_at=in_days(90),
    )
    before = client.get(address("api-key", api_key, team)).text
    assert api_key.expires_at.strftime('datetime="%Y-%m-%dT%H:%M') in before
    assert "Expires" in facts(before)
    api_key.revoke(by=UserFactory(display_name="Grace"), reason="Leaked")
    page = client.get(address("api-key", api_key, team)).text
    assert "Deploys &lt;b&gt;fast&lt;/b&gt;" in page
    for text in (
        api_key.masked,
        str(api_key.pk),
        "Engine room",
        "Public",
        "Revoked",
        "Grace",
        "Leaked",
    ):
        assert text in page
    assert "UTC" in page
    # It has come to an end in another way.
    assert "Expires" not in facts(page)
    assert reverse("stack_apikeys:team-api-key-revoke", args=[team.pk, api_key.pk]) not in page


def facts(page):
    """Return the facts on a key's page by their names."""
    listed = re.search(r'<dl class="apikeys-facts">(.*?)</dl>', page, re.DOTALL)[1]
    pairs = re.findall("<dt>(.*?)</dt>.*?<dd[^>]*>(.*?)</dd>", listed, re.DOTALL)
    return {text_of(name): text_of(fact) for name, fact in pairs}


def test_the_state_stands_beside_the_title_and_the_facts_below(client, owner):
    team = team_of(owner)
    api_key = make_key(owner, description="Sensor", expires_at=in_days(3.5))
    page = client.get(address("api-key", api_key, team)).text
    title = re.search(r'<div class="apikeys-title">(.*?)</div>', page, re.DOTALL)[1]
    assert text_of(title) == "Sensor Expires soon"
    said = facts(page)
    assert said["Key"] == api_key.masked
    assert said["ID"].startswith(str(api_key.pk))
    assert "in 3 days" in said["Expires"]
    assert said.get("Team") == (str(team) if team else None)


def test_the_id_can_be_copied(client, user):
    api_key = make_key(user)
    page = client.get(address("api-key", api_key)).text
    button = re.search(r"<button[^>]*data-apikeys-copy.*?</button>", page, re.DOTALL)[0]
    assert 'type="button" hidden' in button  # without JavaScript it would do nothing
    target = re.search('data-apikeys-copy="([^"]+)"', button)[1]
    assert text_of(button) == "Copy ID"
    assert re.search(rf'id="{target}"[^>]*>{api_key.pk}<', page)


def test_a_keys_page_leads_to_the_forms_and_they_lead_back_to_it(client, owner):
    team = team_of(owner)
    api_key = make_key(owner)
    here = address("api-key", api_key, team)
    page = client.get(here).text
    for name in ("api-key-rename", "api-key-revoke"):
        assert f'href="{address(name, api_key, team, next=here)}"' in page
    api_key.revoke()
    page = client.get(here).text
    assert address("api-key-rename", api_key, team) in page
    assert address("api-key-revoke", api_key, team) not in page


def test_a_keys_page_tells_its_rates(client, user, configure):
    api_key = make_key(user)
    assert "per hour" not in client.get(address("api-key", api_key)).text
    configure(RATES=["20/second", "1000/hour"])
    page = client.get(address("api-key", api_key)).text
    assert "<dd>20 per second · 1,000 per hour</dd>" in page
    api_key.set_rates([])
    assert "per hour" not in client.get(address("api-key", api_key)).text


def test_renaming_tells_and_leads_back_to_the_keys_row(client, user):
    api_key = make_key(user)
    form = client.get(address("api-key-rename", api_key, next="/account/?user-q=C"))
    assert 'value="CI"' in form.text
    assert 'name="next" value="/account/?user-q=C"' in form.text
    answer = client.post(
        address("api-key-rename", api_key),
        {"description": "Continuous <integration>", "next": "/account/?user-q=C"},
    )
    assert answer.url == f"/account/?user-q=C#api-key-{api_key.pk}"
    api_key.refresh_from_db()
    assert api_key.description == "Continuous <integration>"
    page = client.get(address("api-keys")).text
    assert "Renamed." in page
    assert "Continuous &lt;integration&gt;" in page


@pytest.mark.parametrize("description", ["", "   ", "x" * 256, "a\0b"])
def test_what_is_no_description_is_refused_beside_its_field(client, user, description):
    api_key = make_key(user)
    answer = client.post(address("api-key-rename", api_key), {"description": description})
    assert answer.status_code == 200
    field = re.search(r"<input[^>]*name=\"description\"[^>]*>", answer.text)[0]
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="id_description_error"' in field
    assert 'id="id_description_error"' in answer.text
    assert 'href="#id_description"' in answer.text  # in the summary
    assert "<title>Error:" in answer.text
    api_key.refresh_from_db()
    assert api_key.description == "CI"


def test_revoking_asks_names_the_key_and_needs_the_tick(client, user):
    api_key = make_key(user, description="Nightly backup")
    url = address("api-key-revoke", api_key)
    page = client.get(url).text
    heading = re.search("<h1.*?</h1>", page, re.DOTALL)[0]
    assert text_of(heading) == "Revoke “ Nightly backup ”?"
    assert f'ends in <code dir="ltr">{api_key.last_four}</code>' in page
    assert "Anything that uses this key stops working immediately. This cannot be undone." in page
    assert "Saved with the key, so that your team knows why." in page
    refused = client.post(url, {"reason": "No longer needed"})
    assert "Tick this box to revoke the key." in refused.text
    assert 'value="No longer needed"' in refused.text
    api_key.refresh_from_db()
    assert api_key.is_valid()


def test_revoking_ends_the_key_for_good(client, user):
    api_key = make_key(user)
    url = address("api-key-revoke", api_key)
    answer = client.post(url, {"understood": "on", "reason": "No longer needed"})
    assert answer.url == f"{reverse('stack_apikeys:user-api-keys')}#api-key-{api_key.pk}"
    api_key.refresh_from_db()
    assert (api_key.status, api_key.revoked_by, api_key.revoked_reason) == (
        "revoked",
        user,
        "No longer needed",
    )
    first = api_key.manually_revoked_at
    page = client.get(answer.url).text
    assert "Revoked. Anything that uses this key no longer works." in page
    client.post(url, {"understood": "on", "reason": "Again"})
    api_key.refresh_from_db()
    assert (api_key.manually_revoked_at, api_key.revoked_reason) == (first, "No longer needed")
    assert "This key is already revoked" in client.get(url).text


def test_a_key_that_goes_while_its_form_is_open_is_404(client, user, monkeypatch):
    api_key = make_key(user)
    clean = UserApiKey._meta.get_field("description").clean

    def delete_first(value, instance):
        UserApiKey.objects.all().delete()
        return clean(value, instance)

    monkeypatch.setattr(UserApiKey._meta.get_field("description"), "clean", delete_first)
    answer = client.post(address("api-key-rename", api_key), {"description": "Too late"})
    assert answer.status_code == 404
