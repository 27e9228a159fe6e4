"""Sessions, and what the wire knows of people that a host's own user model may have no column for."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any, Self, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from stack_apikeys import timestamps
from stack_apikeys.conf import conf
from stack_apikeys.sdk.exceptions import RefreshTokenNotFoundOrExpired

USE_RECORDED_EVERY = timedelta(minutes=1)
"""How often at most a session's last use is written: open pages refresh once a minute."""


def auth_hashes(user: AbstractBaseUser) -> list[str]:
    """What a session may hold of the user's password: it changes whenever the password does.

    The first one is for new sessions, the others are of ``SECRET_KEY_FALLBACKS``.
    """
    return [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]


@sensitive_variables("refresh_token")
def digest(refresh_token: str) -> str:
    """What is stored of a refresh token. It is random and long, so a fast hash is enough."""
    return hashlib.sha256(refresh_token.encode()).hexdigest()


def _can_be_used(user: AbstractBaseUser) -> Q:
    return Q(expires_at__gt=timestamps.now(), auth_hash__in=auth_hashes(user))


class SessionQuerySet(models.QuerySet["Session"]):
    """Sessions by the state that they are in at this moment."""

    def live(self, user: AbstractBaseUser) -> Self:
        """The sessions of ``user`` that can be used, as long as the user is not switched off."""
        return self.filter(_can_be_used(user), user=user.pk)

    def ended(self, user: AbstractBaseUser) -> Self:
        """The sessions of ``user`` that have ended by themselves."""
        return self.filter(~_can_be_used(user), user=user.pk)


_ManagerOfQuerySet = models.Manager.from_queryset(SessionQuerySet)


class SessionManager(_ManagerOfQuerySet["Session"]):
    """Starts sessions, and finds them by what a client holds of them."""

    @sensitive_variables("refresh_token")
    def start(
        self, user: AbstractBaseUser, *, lifetime: timedelta | None = None
    ) -> tuple["Session", str]:
        """Sign ``user`` in; return the session and its refresh token, which is nowhere else.

        It lasts for ``SESSION_LIFETIME``, or for a ``lifetime`` that is shorter. The user's
        sessions that have ended by themselves are cleared away.
        """
        longest = conf.SESSION_LIFETIME
        lifetime = longest if lifetime is None else min(lifetime, longest)
        self.ended(user).delete()
        id = uuid4()  # noqa: A001  # what Django calls a primary key
        # It begins with the id, so that its session is found by the primary key.
        refresh_token = id.hex + secrets.token_urlsafe(32)
        session = self.create(
            id=id,
            user=cast(Any, user),
            digest=digest(refresh_token),
            auth_hash=auth_hashes(user)[0],
            expires_at=timestamps.now() + lifetime,
        )
        return session, refresh_token

    def get_live(self, id: UUID | str) -> "Session":
        """The session with its user, for one query. Raises DoesNotExist, also for one that ended."""
        session = self.select_related("user").get(pk=id)
        if not session.is_live():
            raise self.model.DoesNotExist
        return session

    @sensitive_variables("refresh_token")
    def get_by_refresh_token(self, refresh_token: str) -> "Session":
        """The live session that this token refreshes, with its user.

        Raises `RefreshTokenNotFoundOrExpired`.
        """
        try:
            session = self.get_live(UUID(refresh_token[:32]))
        except (ValueError, self.model.DoesNotExist):
            raise RefreshTokenNotFoundOrExpired from None
        if not hmac.compare_digest(session.digest, digest(refresh_token)):
            raise RefreshTokenNotFoundOrExpired
        return session


class Session(models.Model):
    """Somebody is signed in, on one device. Ending a session deletes it.

    It also ends when its time is over, when the password changes by whatever means, and when the
    user is switched off: each use looks at all three.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("user"),
    )
    digest = models.CharField(max_length=64, editable=False)
    auth_hash = models.CharField(max_length=255, editable=False)
    created_at = models.DateTimeField(_("signed in"), default=timestamps.now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), default=timestamps.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), editable=False)

    objects = SessionManager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return str(self.id)

    def is_live(self) -> bool:
        """Whether the session can still be used."""
        return (
            self.expires_at > timestamps.now()
            and self.user.is_active
            and self.auth_hash in auth_hashes(self.user)
        )

    def record_use(self) -> None:
        """Note that the session was used just now, at most once in `USE_RECORDED_EVERY`."""
        now = timestamps.now()
        if self.last_used_at > now - USE_RECORDED_EVERY:
            return
        # Also the hash: a session from before a change of SECRET_KEY outlives its fallback.
        Session.objects.filter(pk=self.pk).update(
            last_used_at=now, auth_hash=auth_hashes(self.user)[0]
        )

    def survive_new_password(self, user: AbstractBaseUser) -> None:
        """Stay signed in though ``user``, with the new password, has ended all other sessions."""
        Session.objects.filter(pk=self.pk).update(auth_hash=auth_hashes(user)[0])


class Profile(models.Model):
    """What people tell of themselves, as far as the host's user model has no such columns."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
        verbose_name=_("user"),
    )
    display_name = models.CharField(_("display name"), max_length=255, blank=True)
    profile_image_url = models.TextField(_("profile image URL"), blank=True)
    client_metadata = models.JSONField(
        _("client metadata"),
        null=True,
        blank=True,
        help_text=_("Any JSON. The user may read and change it."),
    )
    client_read_only_metadata = models.JSONField(
        _("client read-only metadata"),
        null=True,
        blank=True,
        help_text=_("Any JSON. The user may read it, and only servers change it."),
    )
    server_metadata = models.JSONField(
        _("server metadata"),
        null=True,
        blank=True,
        help_text=_("Any JSON. Only servers may read and change it."),
    )
    selected_team = models.ForeignKey(
        conf.team_model,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("selected team"),
    )

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")

    def __str__(self) -> str:
        return str(self.user)


class TeamMemberProfile(models.Model):
    """How a user wants to be seen in one team. What is empty is as in the user's own profile."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("user"),
    )
    team = models.ForeignKey(
        conf.team_model,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # the unique constraint's index begins with it
        verbose_name=_("team"),
    )
    display_name = models.CharField(_("display name"), max_length=255, blank=True)
    profile_image_url = models.TextField(_("profile image URL"), blank=True)

    class Meta:
        verbose_name = _("team member profile")
        verbose_name_plural = _("team member profiles")
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="teammemberprofile_unique")
        ]

    def __str__(self) -> str:
        return _("%(user)s in %(team)s") % {"user": self.user, "team": self.team}
