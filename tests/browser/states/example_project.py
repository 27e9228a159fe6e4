"""The example project's own pages."""

from tests.browser.states.registry import state


@state
def home(visitor):
    visitor.page.goto("/")


@state
def home_of_nobody(visitor):
    visitor.page.context.clear_cookies()
    visitor.page.goto("/")


@state
def home_in_arabic(visitor):
    home(visitor)
    visitor.choose_language("العربيّة")


@state
def sign_in(visitor):
    visitor.page.context.clear_cookies()
    visitor.page.goto("/account/")


@state
def sign_in_refused(visitor):
    sign_in(visitor)
    visitor.page.get_by_label("E-mail address").fill("nobody@example.com")
    visitor.page.get_by_label("Password").fill("wrong")
    visitor.submit("Sign in")


@state
def sign_in_with_a_demo_account(visitor):
    visitor.settings.DEBUG = True
    sign_in(visitor)


@state
def account(visitor):
    visitor.page.goto("/account/")


@state
def account_without_keys(visitor):
    visitor.user.api_keys.all().delete()
    visitor.page.goto("/account/")


@state
def team_page(visitor):
    visitor.page.goto(f"/teams/{visitor.team.pk}/")


@state
def team_page_in_arabic(visitor):
    team_page(visitor)
    visitor.choose_language("العربيّة")


@state
def team_page_without_permission(visitor):
    visitor.team.revoke_permission(visitor.user, "team_admin")
    visitor.page.goto(f"/teams/{visitor.team.pk}/")


@state
def page_not_found(visitor):
    visitor.fail("/no-such-page/", 404)


@state
def no_permission(visitor):
    visitor.fail("/forbidden/", 403)


@state
def something_went_wrong(visitor):
    visitor.fail("/broken/", 500)


@state
def form_not_accepted(visitor):
    sign_in(visitor)
    visitor.page.get_by_label("E-mail address").fill("nobody@example.com")
    visitor.page.get_by_label("Password").fill("wrong")
    visitor.page.context.clear_cookies()
    visitor.complaints.expect("the server responded with a status of 403")
    visitor.submit("Sign in")
