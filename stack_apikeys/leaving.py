"""The setting ``ON_CREATOR_LEAVING``: what happens to the keys of a team when their creator leaves.

Projects with teams of their own call `creator_left`. Django's signals tell of the rest: of
memberships in ``stack_apikeys.teams``, and of users who are deleted or may not act any more. What
they do not tell, such as a change by ``QuerySet.update()``, `revoke_keys_of_absent_creators` finds.
"""

from collections.abc import Iterator
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import router, transaction
from django.db.models import Count, Model
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.conf import conf
from stack_apikeys.models import TeamApiKey
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.policy import get_policy

_LEFT = gettext_noop("The person who created the key has left the team.")

_CLOSED = gettext_noop("The account of the person who created the key is not active any more.")


def creator_left(user: AbstractBaseUser, team: Model) -> None:
    """Do what ``ON_CREATOR_LEAVING`` says with the keys that ``user`` has created for ``team``.

    Call it when a user has left a team of your own team model.
    """
    _revoke(user.pk, _LEFT, team_id=team.pk)


def revoke_keys_of_absent_creators() -> Iterator[tuple[int, int]]:
    """Revoke the keys of teams that their creators have left, if the setting says so.

    Yields after each of these creators how many keys are revoked, and how many there were.
    """
    if conf.ON_CREATOR_LEAVING != "revoke":
        return
    absent = [*_absent_creators()]
    total = sum(number for *_, number in absent)
    revoked = 0
    for team_id, user_id, reason, _number in absent:
        revoked += _revoke(user_id, reason, team_id=team_id)
        yield revoked, total


def watch_member(instance: Any, origin: Any = None, **_: Any) -> None:
    """Receive ``post_delete`` of a membership in ``stack_apikeys.teams``."""
    # A team that is deleted takes its keys with it.
    if getattr(origin, "model", type(origin)) is not TeamApiKey.owner_model():
        _revoke(instance.user_id, _LEFT, team_id=instance.team_id)


def watch_user(instance: Any, created: bool, raw: bool, using: str, **_: Any) -> None:
    """Receive ``post_save`` of a user."""
    if conf.ON_CREATOR_LEAVING != "revoke" or created or raw:
        return
    if not get_policy().owner_may_act(instance):
        # Keys are locked before users, so this waits until the user is saved.
        transaction.on_commit(partial(_revoke, instance.pk, _CLOSED), using=using, robust=True)


def watch_deletion(instance: Any, **_: Any) -> None:
    """Receive ``pre_delete`` of a user, before the keys forget who has created them."""
    _revoke(instance.pk, _CLOSED)


def _revoke(user_id: Any, reason: str, *, team_id: Any = None) -> int:
    if conf.ON_CREATOR_LEAVING != "revoke":
        return 0
    api_keys = _valid_keys().filter(created_by=user_id)
    if team_id is not None:
        api_keys = api_keys.filter(team=team_id)
    with translation.override(settings.LANGUAGE_CODE):  # the text is stored
        reason = gettext(reason)
    return len(api_keys.revoke_each(reason=reason, cause="creator_left"))


def _valid_keys() -> ApiKeyQuerySet[TeamApiKey]:
    return TeamApiKey.objects.using(router.db_for_write(TeamApiKey)).valid()


def _absent_creators() -> Iterator[tuple[Any, Any, str, int]]:
    """Yield teams and creators by primary key, why the keys end, and how many there are."""
    adapter, policy = get_team_adapter(), get_policy()
    users = get_user_model()._base_manager
    api_keys = _valid_keys().exclude(created_by=None).order_by("team")
    rows: Any = api_keys.values_list("team", "created_by").annotate(number=Count("pk"))
    for team_id, of_team in groupby(rows, key=itemgetter(0)):
        numbers = {user_id: number for _team_id, user_id, number in of_team}
        creators = users.in_bulk(list(numbers))
        team = adapter.get_team(team_id)
        if team is None:
            continue
        members = adapter.members_among(team, creators.values())
        for user_id, creator in creators.items():
            if not policy.owner_may_act(creator):
                yield team_id, user_id, _CLOSED, numbers[user_id]
            # Staff may create keys for teams that they do not belong to.
            elif user_id not in members and not policy.may_act_for(creator, team):
                yield team_id, user_id, _LEFT, numbers[user_id]
