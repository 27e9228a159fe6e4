"""Rules of sites, for tests."""

from stack_apikeys.policy import Policy


class NobodyActs(Policy):
    def owner_may_act(self, owner):
        return False


class InTheirLanguage(Policy):
    def language_of(self, user):
        return user.display_name.lower()

    def mail_headers(self, user, api_key, notice):
        return {"List-Unsubscribe": f"<https://example.com/{notice}/{user.pk}/{api_key.pk}>"}


class StaffActAsOthers(Policy):
    def acting_user(self, request):
        return type(request.user).objects.get(email="staff@example.com")
