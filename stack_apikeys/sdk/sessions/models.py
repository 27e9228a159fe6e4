"""The model of sessions."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any, Self, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stack_apikeys import timestamps
from stack_apikeys._database.visible_rows import is_hidden
from stack_apikeys.conf import conf
from stack_apikeys.policy import get_policy
from stack_apikeys.sdk.sessions.exceptions import RefreshTokenNotFoundOrExpired
from stack_apikeys.secret import Secret

USE_RECORDED_EVERY = timedelta(minutes=1)
"""The minimum time between two updates of ``last_used_at``. Open pages refresh every minute."""


def auth_hashes(user: AbstractBaseUser) -> list[str]:
    """Return the hashes with which a session is valid. They change when the password changes.

    New sessions use the first hash. The others are made with ``SECRET_KEY_FALLBACKS``.
    """
    return [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]


def _digest(refresh_token: Secret) -> str:
    """Return the digest of a refresh token. A fast hash is enough for a long random value."""
    return hashlib.sha256(refresh_token.reveal().encode()).hexdigest()


def _can_be_used(user: AbstractBaseUser) -> Q:
    return Q(expires_at__gt=timestamps.now(), auth_hash__in=auth_hashes(user))


class SessionQuerySet(models.QuerySet["Session"]):
    """Filter sessions by whether they can still be used."""

    def live(self, user: AbstractBaseUser) -> Self:
        """Return the sessions of ``user`` that can be used, provided that the user is active."""
        return self.filter(_can_be_used(user), user=user.pk)

    def ended(self, user: AbstractBaseUser) -> Self:
        """Return the sessions of ``user`` that have expired or are for an earlier password."""
        return self.filter(~_can_be_used(user), user=user.pk)


_SessionManager = models.Manager.from_queryset(SessionQuerySet)


class SessionManager(_SessionManager["Session"]):
    """Start sessions, and find them by id or refresh token."""

    def start(
        self,
        user: AbstractBaseUser,
        *,
        address: str = "",
        lifetime: timedelta | None = None,
        signed_in_at: datetime | None = None,
    ) -> tuple["Session", Secret]:
        """Start a session, and return it with its refresh token, which is not stored.

        Deletes the user's sessions that have ended.

        Args:
            user: The user who signs in.
            address: The network address of the request.
            lifetime: The lifetime of the session if it is shorter than ``SESSION_LIFETIME``.
            signed_in_at: The time at which the user signed in, if it was earlier.
        """
        longest = conf.SESSION_LIFETIME
        lifetime = longest if lifetime is None else min(lifetime, longest)
        self.ended(user).delete()
        id = uuid4()  # noqa: A001  # what Django calls a primary key
        # The token begins with the id, so that the session can be found by its primary key.
        refresh_token = Secret(id.hex + secrets.token_urlsafe(32))
        session = self.create(
            id=id,
            user=cast(Any, user),
            digest=_digest(refresh_token),
            auth_hash=auth_hashes(user)[0],
            created_at=signed_in_at or timestamps.now(),
            expires_at=timestamps.now() + lifetime,
            last_address=address,
        )
        return session, refresh_token

    def get_live(self, id: UUID | str) -> "Session":
        """Return the session with its user. Raises DoesNotExist, also if it has ended."""
        session = self.select_related("user").get(pk=id)
        if not session.is_live():
            raise self.model.DoesNotExist
        return session

    def get_by_refresh_token(self, refresh_token: Secret) -> "Session":
        """Return the session with this refresh token, and its user.

        Raises `RefreshTokenNotFoundOrExpired`, also if the session has ended.
        """
        try:
            session = self.get_live(UUID(refresh_token.reveal()[:32]))
        except (ValueError, self.model.DoesNotExist):
            raise RefreshTokenNotFoundOrExpired from None
        if not hmac.compare_digest(session.digest, _digest(refresh_token)):
            raise RefreshTokenNotFoundOrExpired
        return session


class Session(models.Model):
    """A session of a user on one device. Signing out deletes it.

    A session also ends when it expires, when the user's password changes and when the user is no
    longer active. Every use of the session checks these.
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
    last_address = models.CharField(
        _("last network address"), max_length=64, blank=True, editable=False
    )

    objects = SessionManager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return str(self.id)

    def is_live(self) -> bool:
        """Return whether the session can still be used."""
        return (
            self.expires_at > timestamps.now()
            and get_policy().owner_may_act(self.user)
            and not is_hidden(self.user)
            and self.auth_hash in auth_hashes(self.user)
        )

    def record_use(self, address: str) -> None:
        """Record the time and the network address of a use, at most once per `USE_RECORDED_EVERY`.

        ``address`` may be empty.
        """
        now = timestamps.now()
        if self.last_used_at > now - USE_RECORDED_EVERY:
            return
        # Also update the hash, so that the session stays valid when SECRET_KEY_FALLBACKS is
        # emptied.
        Session.objects.filter(pk=self.pk).update(
            last_used_at=now, last_address=address, auth_hash=auth_hashes(self.user)[0]
        )

    def update_auth_hash(self, user: AbstractBaseUser) -> None:
        """Keep the session valid after ``user`` has changed the password."""
        Session.objects.filter(pk=self.pk).update(auth_hash=auth_hashes(user)[0])
