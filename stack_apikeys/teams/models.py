"""Teams, their members, and the permissions of each member.

A project can add fields: it subclasses `AbstractTeam` and names the subclass in
``STACK_APIKEYS_TEAM_MODEL``. Memberships and permissions then refer to that model.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, models, router, transaction
from django.utils.translation import gettext_lazy as _

from stack_apikeys import timestamps
from stack_apikeys._database import locks
from stack_apikeys._database.foreign_keys import YieldingForeignKey
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import (
    TeamMembershipAlreadyExists,
    TeamMembershipNotFound,
    TeamPermissionNotFound,
)
from stack_apikeys.teams import permissions
from stack_apikeys.validators import validate_picture

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

TeamT = TypeVar("TeamT", bound="AbstractTeam")


class TeamManager(models.Manager[TeamT]):
    """Creates teams."""

    def create_team(
        self, *, display_name: str, creator: AbstractBaseUser | None = None, **fields: Any
    ) -> TeamT:
        """Create a team, with ``creator`` as a member with ``TEAM_CREATOR_PERMISSIONS``.

        ``fields`` are further fields of the model. Raises ValidationError, which names invalid
        fields, and `PermissionNotFound` if the setting names an unknown permission.
        """
        team = self.model(display_name=display_name, **fields)
        team.clean_fields()
        with transaction.atomic(using=self.db):
            team.save(using=self.db)
            if creator is not None:
                team.add_member(creator, permission_ids=conf.TEAM_CREATOR_PERMISSIONS)
        return team


class AbstractTeam(models.Model):
    """The base class of `Team`, and of a project's own team model with further fields."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    display_name = models.CharField(_("display name"), max_length=255)
    profile_image_url = models.TextField(  # noqa: DJ001  # the HTTP API represents no picture by null
        _("profile image URL"), validators=[validate_picture], null=True, blank=True
    )
    client_metadata = models.JSONField(
        _("client metadata"),
        null=True,
        blank=True,
        help_text=_("Any JSON. Clients of the API may read and change it."),
    )
    client_read_only_metadata = models.JSONField(
        _("client read-only metadata"),
        null=True,
        blank=True,
        help_text=_("Any JSON. Clients of the API may read it, and only servers change it."),
    )
    server_metadata = models.JSONField(
        _("server metadata"),
        null=True,
        blank=True,
        help_text=_("Any JSON. Only servers may read and change it."),
    )
    created_at = models.DateTimeField(_("created"), default=timestamps.now, editable=False)

    objects: ClassVar[TeamManager[Self]] = TeamManager()

    if TYPE_CHECKING:
        memberships: RelatedManager["TeamMembership"]

    class Meta:
        abstract = True
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.display_name

    def add_member(
        self, user: AbstractBaseUser, *, permission_ids: Iterable[str] | None = None
    ) -> "TeamMembership":
        """Add the user as a member, with these permissions or ``TEAM_MEMBER_PERMISSIONS``.

        Raises `TeamMembershipAlreadyExists`, and `PermissionNotFound` for an unknown id.
        """
        alias = self._alias()
        try:
            with transaction.atomic(using=alias):
                membership = self.memberships.create(user_id=user.pk)
                membership.grant(
                    conf.TEAM_MEMBER_PERMISSIONS if permission_ids is None else permission_ids
                )
        except IntegrityError:
            if self.memberships.using(alias).filter(user=user.pk).exists():
                raise TeamMembershipAlreadyExists from None
            raise
        return membership

    def remove_member(self, user: AbstractBaseUser) -> None:
        """Delete the membership and its permissions.

        Raises `TeamMembershipNotFound`.
        """
        with transaction.atomic(using=self._alias()):
            self._locked_membership(user).delete()

    def grant(self, user: AbstractBaseUser, permission_id: str) -> None:
        """Grant a permission or a role to a member. Granting it again changes nothing.

        Raises `TeamMembershipNotFound` and `PermissionNotFound`.
        """
        with transaction.atomic(using=self._alias()):
            self._locked_membership(user).grant([permission_id])

    def revoke_permission(self, user: AbstractBaseUser, permission_id: str) -> None:
        """Withdraw a permission or a role that was granted to a member.

        A permission that is part of a role is only withdrawn with the role. Raises
        `TeamPermissionNotFound` if the user was not granted this id itself.
        """
        alias = self._alias()
        with transaction.atomic(using=alias):
            self.lock_rights(user)
            deleted, _by_model = (
                TeamPermission.objects.using(alias)
                .filter(
                    membership__team=self.pk,
                    membership__user=user.pk,
                    permission_id=permission_id,
                )
                .delete()
            )
        if not deleted:
            raise TeamPermissionNotFound(
                user_id=str(user.pk), permission_id=permission_id, team_id=str(self.pk)
            )

    def permissions_of(self, user: AbstractBaseUser, *, recursive: bool = False) -> list[str]:
        """Return the ids granted to the user in this team, in alphabetical order.

        ``recursive`` adds the ids that the granted roles contain. The list is empty for users who
        are not members.
        """
        granted = TeamPermission.objects.filter(
            membership__team=self.pk, membership__user=user.pk
        ).values_list("permission_id", flat=True)
        return sorted(permissions.contained_in(granted) if recursive else granted)

    def _alias(self) -> str:
        """Return the database to which memberships of this team are written."""
        return router.db_for_write(TeamMembership, instance=self)

    def lock_rights(self, user: AbstractBaseUser | None = None) -> "TeamMembership | None":
        """Lock the membership of the user, or all memberships, until the transaction ends.

        Also locks the permissions. Every change of rights calls this first, so that no permission
        is granted to a membership that is being deleted, or withdrawn while it is in use. Returns
        the first membership, or None.
        """
        alias = self._alias()
        locks.begin_writing(TeamMembership, alias)
        memberships = TeamMembership.objects.using(alias).filter(team=self.pk)
        if user is not None:
            memberships = memberships.filter(user=user.pk)
        # Permissions first: the order in which Django deletes a membership.
        granted = TeamPermission.objects.using(alias)
        locks.lock(granted.filter(membership__in=list(memberships.values_list("pk", flat=True))))
        return next(iter(locks.lock(memberships)), None)

    def _locked_membership(self, user: AbstractBaseUser) -> "TeamMembership":
        membership = self.lock_rights(user)
        if membership is None:
            raise TeamMembershipNotFound(user_id=str(user.pk), team_id=str(self.pk))
        return membership


class Team(AbstractTeam):
    """The default team model."""

    class Meta(AbstractTeam.Meta):
        swappable = "STACK_APIKEYS_TEAM_MODEL"


class TeamMembership(models.Model):
    """The membership of a user in a team."""

    team = models.ForeignKey(
        conf.team_model,
        on_delete=models.CASCADE,
        related_name="memberships",
        db_index=False,  # the unique constraint's index begins with it
        verbose_name=_("team"),
    )
    user = YieldingForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name=conf.related_name("TeamMembership.user"),
        verbose_name=_("user"),
    )
    created_at = models.DateTimeField(_("created"), default=timestamps.now, editable=False)

    if TYPE_CHECKING:
        permissions: RelatedManager["TeamPermission"]

    class Meta:
        verbose_name = _("team membership")
        verbose_name_plural = _("team memberships")
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="teammembership_unique")
        ]

    def __str__(self) -> str:
        return _("%(user)s in %(team)s") % {"user": self.user, "team": self.team}

    def grant(self, permission_ids: Iterable[str]) -> None:
        """Grant permissions and roles, all or none. Raises `PermissionNotFound`."""
        granted = set(permission_ids)
        permissions.require_known(granted)
        # Another request may grant the same permissions at the same time.
        TeamPermission.objects.using(self._state.db).bulk_create(
            [TeamPermission(membership=self, permission_id=each) for each in sorted(granted)],
            ignore_conflicts=True,
        )


class TeamPermission(models.Model):
    """A permission or a role that was granted to a member."""

    membership = models.ForeignKey(
        TeamMembership,
        on_delete=models.CASCADE,
        related_name="permissions",
        db_index=False,  # the unique constraint's index begins with it
        verbose_name=_("team membership"),
    )
    permission_id = models.CharField(_("permission or role"), max_length=255)

    class Meta:
        verbose_name = _("team permission")
        verbose_name_plural = _("team permissions")
        ordering = ["permission_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "permission_id"], name="teampermission_unique"
            )
        ]

    def __str__(self) -> str:
        return self.permission_id
