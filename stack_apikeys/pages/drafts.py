"""What was typed into a form, kept until its user has signed in again.

A session may end while a form is open. Its submission is then anonymous, and is redirected to the
sign-in page. `keep_until_sign_in` stores what was typed in the visitor's session, whose data Django
keeps when somebody signs in, and `take` returns it to the user for whom the form was rendered, when
they open the same page again.

Every form has a signed field that names this user and this page. Without it nothing is stored, so
that only people with an account can make the site store a session.
"""

import time
from typing import Any

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, QueryDict

from stack_apikeys.credentials import session_user
from stack_apikeys.pages.csrf import is_from_elsewhere
from stack_apikeys.reauthentication import sign_in_of
from stack_apikeys.scanning import holds_a_secret

FIELD = "rendered_for"
"""The name of the signed field."""

SESSION_KEY = "stack_apikeys_drafts"

KEPT_FIELDS = (
    "key_id",
    "description",
    "expires_in",
    "expires_on",
    "scope_choice",
    "scopes",
    "overlap",
    "networks",
    "reason",
    "keys",
)
"""The fields to keep. ``key_id`` is not secret: with it, the form cannot create a second key."""

MOST_DRAFTS = 3

LONGEST_TEXT = 3000
"""The maximum length of a text to keep: more than any field accepts."""

SECONDS_TO_SIGN_IN = 60 * 60

SECONDS_TO_SUBMIT = 30 * 24 * 60 * 60
"""How long after it was rendered a form is kept: longer than a session of Django lasts."""


def seal(request: HttpRequest) -> str:
    """Return the value of the signed field, for the forms of this page and this user."""
    return _signer(request).sign(str(request.user.pk))


def typed(request: HttpRequest) -> dict[str, str]:
    """Return what was typed into the submitted form, if it was rendered for the request's user.

    Does not return passwords, ticks, or texts that contain a key.
    """
    return _texts(request.POST) if _user_id(request) == str(request.user.pk) else {}


def keep_until_sign_in(request: HttpRequest) -> None:
    """Store what was typed into the submitted form, unless a page of another site has sent it.

    The new session would replace the one of a user whose browser did not send its cookie, which is
    what browsers do with requests from other sites.
    """
    if _user_id(request) is None or is_from_elsewhere(request):
        return
    user = request.user
    if user.is_authenticated and not (
        session_user(request).is_authenticated and sign_in_of(request).is_live(user)
    ):
        # The session ended during this request. It cannot be saved any more: begin another.
        request.session.flush()
    keep(request)


def keep(request: HttpRequest) -> None:
    """Store what was typed into the submitted form in the session."""
    user_id = _user_id(request)
    if user_id is None:
        return
    draft = {
        "user": user_id,
        "path": request.path,
        "kept_at": int(time.time()),
        "typed": _texts(request.POST),
    }
    request.session[SESSION_KEY] = [*_of_other_forms(request), draft][-MOST_DRAFTS:]


def forget(request: HttpRequest) -> None:
    """Remove what was kept of the submitted form, which its user has submitted again."""
    if SESSION_KEY in request.session:
        request.session[SESSION_KEY] = _of_other_forms(request)


def take(request: HttpRequest) -> dict[str, str] | None:
    """Return what the user typed into the last form of this page, and remove it from the session.

    Returns None if nothing was kept. Removes what is too old or belongs to other users.
    """
    if request.method != "GET" or SESSION_KEY not in request.session:
        return None
    oldest = time.time() - SECONDS_TO_SIGN_IN
    drafts: list[dict[str, Any]] = [
        draft
        for draft in request.session.pop(SESSION_KEY)
        if draft["user"] == str(request.user.pk) and draft["kept_at"] > oldest
    ]
    of_this_page = [draft for draft in drafts if draft["path"] == request.path]
    taken = of_this_page[-1] if of_this_page else None
    if others := [draft for draft in drafts if draft is not taken]:
        request.session[SESSION_KEY] = others
    return None if taken is None else taken["typed"]


def _signer(request: HttpRequest) -> TimestampSigner:
    return TimestampSigner(salt=f"{__name__}:{request.path}")


def _user_id(request: HttpRequest) -> str | None:
    """Return the primary key of the user for whom the submitted form was rendered, as a string."""
    try:
        return _signer(request).unsign(request.POST.get(FIELD, ""), max_age=SECONDS_TO_SUBMIT)
    except BadSignature:
        return None


def _of_other_forms(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the drafts of forms on other pages, or for other new keys, than the submitted one."""
    this_form = request.path, request.POST.get("key_id")
    return [
        draft
        for draft in request.session.get(SESSION_KEY, [])
        if (draft["path"], draft["typed"].get("key_id")) != this_form
    ]


def _texts(data: QueryDict) -> dict[str, str]:
    texts = {name: data.get(name, "") for name in KEPT_FIELDS if name in data}
    if "scopes" in data:  # the only field with several values, which contain no spaces
        texts["scopes"] = " ".join(data.getlist("scopes"))
    return {
        name: text
        for name, text in texts.items()
        if len(text) <= LONGEST_TEXT and not holds_a_secret(text)
    }
