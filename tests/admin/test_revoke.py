"""Keys are revoked in Django admin, one by one or together."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection

from stack_apikeys.models import UserApiKey
from tests.admin.pages import address, answer_to, text_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_the_button_asks_and_then_revokes(client, owner):
    api_key, _value = owner.api_keys.create_key()
    page = address("revoke", api_key.pk, model=type(api_key))
    change = address("change", api_key.pk, model=type(api_key))
    assert page in text_of(client.get(change))
    assert api_key.masked in text_of(client.get(page))
    response = client.post(page, {"revoke": "yes", "reason": "It was lost"})
    assert response["Location"] == change
    api_key.refresh_from_db()
    assert api_key.status == "revoked"
    assert api_key.revoked_reason == "It was lost"
    assert str(api_key.revoked_by_id) == client.session["_auth_user_id"]
    log = LogEntry.objects.get()
    assert (log.object_id, log.change_message) == (str(api_key.pk), "Revoked.")
    assert page not in text_of(client.get(change))


def test_a_key_that_is_revoked_already_is_left_as_it_is(client, user):
    api_key, _value = user.api_keys.create_key()
    api_key.revoke(by=UserFactory(display_name="Grace"), reason="first")
    page = address("revoke", api_key.pk)
    for response in (client.get(page), client.post(page, {"revoke": "yes", "reason": "second"})):
        assert "This key is already revoked. Nothing was changed." in text_of(response)
        assert 'by <bdi dir="auto">Grace</bdi>.' in text_of(response)
        assert 'Reason: <bdi dir="auto">first</bdi>' in text_of(response)
        assert f'href="{address("change", api_key.pk)}"' in text_of(response)
        assert 'name="revoke"' not in text_of(response)
    assert 'typed was not saved: <bdi dir="auto">second</bdi>' in text_of(response)
    api_key.refresh_from_db()
    assert api_key.revoked_reason == "first"
    assert not LogEntry.objects.exists()


def revoke_first(*api_keys):
    """Somebody else revokes the keys, right before the statement that would."""

    def wrapper(execute, sql, parameters, many, context):
        if sql.startswith("UPDATE") and UserApiKey._meta.db_table in sql:
            context["connection"].execute_wrappers.remove(wrapper)
            grace = UserFactory(display_name="Grace")
            for api_key in api_keys:
                api_key.revoke(by=grace, reason="first")
            context["connection"].execute_wrappers.append(wrapper)
        return execute(sql, parameters, many, context)

    return connection.execute_wrapper(wrapper)


def test_of_two_who_revoke_a_key_at_once_the_second_hears_of_the_first(client, user):
    api_key, _value = user.api_keys.create_key()
    with revoke_first(api_key):
        response = client.post(
            address("revoke", api_key.pk), {"revoke": "yes", "reason": "It was lost"}
        )
    page = text_of(response)
    assert response.status_code == 200
    assert "was revoked." not in page
    assert 'by <bdi dir="auto">Grace</bdi>.' in page
    assert 'typed was not saved: <bdi dir="auto">It was lost</bdi>' in page
    api_key.refresh_from_db()
    assert api_key.revoked_reason == "first"
    assert not LogEntry.objects.exists()


def test_the_action_counts_only_the_keys_that_it_revoked(client, user):
    mine, others = (user.api_keys.create_key()[0] for _ in range(2))
    ids = [str(mine.pk), str(others.pk)]
    sent = {"action": "revoke_selected", "_selected_action": ids, "revoke": "yes", "reason": "old"}
    page = f"{address('changelist')}?status=valid"
    with revoke_first(others):
        response = client.post(page, sent, follow=True)
    assert "1 key was revoked." in text_of(response)
    assert "1 selected key had already been revoked. It was not changed." in text_of(response)
    others.refresh_from_db()
    assert others.revoked_reason == "first"
    again = client.post(page, sent)  # the list is of valid keys, and shows neither
    assert "These 2 keys are already revoked. Nothing was changed." in text_of(again)
    assert 'typed was not saved: <bdi dir="auto">old</bdi>' in text_of(again)
    assert LogEntry.objects.count() == 1


def test_a_key_that_nobody_revoked_was_revoked_by_the_server(client, user):
    api_key, _value = user.api_keys.create_key()
    api_key.revoke()
    assert "by the server." in text_of(client.get(address("revoke", api_key.pk)))


def test_no_key_is_revoked_without_confirmation_or_with_too_long_a_reason(client, user):
    api_key, _value = user.api_keys.create_key()
    page = address("revoke", api_key.pk)
    assert client.post(page, {"reason": "lost"}).status_code == 200
    response = client.post(page, {"revoke": "yes", "reason": "x" * 256})
    assert "at most 255 characters" in text_of(response)
    api_key.refresh_from_db()
    assert api_key.is_valid()


@pytest.mark.parametrize("key", ["6ba7b810-9dad-41d1-80b4-00c04fd430c8", "nonsense"])
def test_a_key_that_does_not_exist_cannot_be_revoked(client, key):
    assert client.get(address("revoke", key)).status_code == 404
    assert client.post(address("revoke", key), {"revoke": "yes"}).status_code == 404


def test_the_action_asks_and_then_revokes_what_was_selected(client, user):
    selected = [user.api_keys.create_key()[0] for _ in range(2)]
    revoked, _value = user.api_keys.create_key()
    revoked.revoke(reason="first")
    left, _value = user.api_keys.create_key()
    page = address("changelist") + "?user=" + str(user.pk)
    ids = [str(api_key.pk) for api_key in (*selected, revoked)]
    question = client.post(page, {"action": "revoke_selected", "_selected_action": ids, "index": 0})
    assert "Revoke these 2 keys?" in text_of(question)
    assert user.api_keys.valid().count() == 3
    response = client.post(page, answer_to(question), follow=True)
    assert response.redirect_chain == [(page, 302)]
    assert "2 keys were revoked." in text_of(response)
    for api_key in (*selected, revoked, left):
        api_key.refresh_from_db()
    assert {api_key.revoked_reason for api_key in selected} == {"spring cleaning"}
    assert revoked.revoked_reason == "first"
    assert left.is_valid()
    assert {log.object_id for log in LogEntry.objects.all()} == {str(key.pk) for key in selected}


def test_the_action_revokes_all_that_the_list_has_and_no_more(client, user):
    for number in range(3):
        user.api_keys.create_key(description=f"old {number}")
    left, _value = user.api_keys.create_key(description="new")
    page = address("changelist") + "?q=old"
    one = str(user.api_keys.first().pk)
    sent = {"action": "revoke_selected", "_selected_action": one, "index": 0, "select_across": 1}
    question = client.post(page, sent)
    assert "Revoke these 3 keys?" in text_of(question)
    client.post(page, answer_to(question))
    assert user.api_keys.revoked().count() == 3
    left.refresh_from_db()
    assert left.is_valid()


@pytest.mark.parametrize("selected", ["nonsense", "9" * 20])
def test_an_action_on_what_is_no_id_is_a_bad_request(client, user, selected):
    user.api_keys.create_key()
    sent = {"action": "revoke_selected", "_selected_action": selected, "revoke": "1"}
    assert client.post(address("changelist"), sent).status_code == 400
    assert user.api_keys.valid().count() == 1


def test_a_long_reason_is_asked_for_again_by_the_action(client, user):
    api_key, _value = user.api_keys.create_key()
    sent = {"action": "revoke_selected", "_selected_action": str(api_key.pk), "revoke": "yes"}
    again = client.post(address("changelist"), sent | {"reason": "x" * 256})
    assert "at most 255 characters" in text_of(again)
    client.post(address("changelist"), answer_to(again))
    assert user.api_keys.revoked().count() == 1


def test_a_key_that_is_deleted_meanwhile_does_not_keep_the_others(client, user):
    going, staying = (user.api_keys.create_key()[0] for _ in range(2))

    def delete_first(execute, sql, parameters, many, context):
        if sql.startswith("UPDATE") and UserApiKey._meta.db_table in sql:
            context["connection"].execute_wrappers.remove(delete_first)
            UserApiKey.objects.filter(pk=going.pk).delete()
            context["connection"].execute_wrappers.append(delete_first)
        return execute(sql, parameters, many, context)

    ids = [str(going.pk), str(staying.pk)]
    sent = {"action": "revoke_selected", "_selected_action": ids, "revoke": "yes"}
    with connection.execute_wrapper(delete_first):
        response = client.post(address("changelist"), sent, follow=True)
    assert "1 key was revoked." in text_of(response)
    staying.refresh_from_db()
    assert staying.status == "revoked"
    assert LogEntry.objects.get().object_id == str(staying.pk)


def test_the_question_before_many_keys_are_revoked_costs_the_same(
    client, django_assert_num_queries
):
    ids = [str(user.api_keys.create_key()[0].pk) for user in UserFactory.create_batch(5)]
    sent = {"action": "revoke_selected", "_selected_action": ids, "index": 0}
    with django_assert_num_queries(5):
        client.post(address("changelist"), sent)
