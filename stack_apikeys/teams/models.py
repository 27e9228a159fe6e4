"""Teams, who is in them, and what each member may do there.

A host that wants further columns swaps in a team of its own, made from `AbstractTeam`, with
``STACK_APIKEYS_TEAM_MODEL``; memberships and permissions then belong to that one.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, models, router, transaction
from django.utils.translation import gettext_lazy as _

from stack_apikeys import timestamps
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import (
    TeamMembershipAlreadyExists,
    TeamMembershipNotFound,
    TeamPermissionNotFound,
)
from stack_apikeys.pictures import validate_picture
from stack_apikeys.teams import permissions

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

TeamT = TypeVar("TeamT", bound="AbstractTeam")


class TeamManager(models.Manager[TeamT]):
    """Makes teams."""

    def create_team(
        self, *, display_name: str, creator: AbstractBaseUser | None = None, **fields: Any
    ) -> TeamT:
        """Make a team; ``creator`` becomes a member, with ``TEAM_CREATOR_PERMISSIONS``.

        ``fields`` are further columns of the team. Raises ValidationError, which names the
        columns that are wrong, and `PermissionNotFound` for a mistake in that setting.
        """
        team = self.model(display_name=display_name, **fields)
        team.clean_fields()
        with transaction.atomic(using=self.db):
            team.save(using=self.db)
            if creator is not None:
                team.add_member(creator, permission_ids=conf.TEAM_CREATOR_PERMISSIONS)
        return team


class AbstractTeam(models.Model):
    """A team and all that can be asked of it; the base of a host's own, with further columns."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    display_name = models.CharField(_("display name"), max_length=255)
    profile_image_url = models.TextField(  # noqa: DJ001  # null is the wire's word for no picture
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
        """Make ``user`` a member, with these permissions or ``TEAM_MEMBER_PERMISSIONS``.

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
        """End the membership and all that was granted with it.

        Raises `TeamMembershipNotFound`.
        """
        with transaction.atomic(using=self._alias()):
            self._locked_membership(user).delete()

    def grant(self, user: AbstractBaseUser, permission_id: str) -> None:
        """Grant a member a permission or a role. Granting it again changes nothing.

        Raises `TeamMembershipNotFound` and `PermissionNotFound`.
        """
        with transaction.atomic(using=self._alias()):
            self._locked_membership(user).grant([permission_id])

    def revoke_permission(self, user: AbstractBaseUser, permission_id: str) -> None:
        """Take back what was granted. What a role contains goes with the role only.

        Raises `TeamPermissionNotFound` where ``user`` was not granted this very id.
        """
        granted = TeamPermission.objects.using(self._alias()).filter(
            membership__team=self.pk, membership__user=user.pk, permission_id=permission_id
        )
        deleted, _by_model = granted.delete()
        if not deleted:
            raise TeamPermissionNotFound(
                user_id=str(user.pk), permission_id=permission_id, team_id=str(self.pk)
            )

    def permissions_of(self, user: AbstractBaseUser, *, recursive: bool = False) -> list[str]:
        """The ids that ``user`` was granted in the team, in alphabetical order.

        ``recursive`` adds all that these contain. Of someone who is not a member: none.
        """
        granted = TeamPermission.objects.filter(
            membership__team=self.pk, membership__user=user.pk
        ).values_list("permission_id", flat=True)
        return sorted(permissions.contained_in(granted) if recursive else granted)

    def _alias(self) -> str:
        """The database that this team's memberships are written to."""
        return router.db_for_write(TeamMembership, instance=self)

    def _locked_membership(self, user: AbstractBaseUser) -> "TeamMembership":
        """The membership, held until the transaction ends.

        Without the lock, a permission could be granted to a membership while it is being deleted.
        """
        memberships = self.memberships.using(self._alias()).select_for_update()
        try:
            return memberships.get(user=user.pk)
        except TeamMembership.DoesNotExist:
            raise TeamMembershipNotFound(user_id=str(user.pk), team_id=str(self.pk)) from None


class Team(AbstractTeam):
    """A team, for hosts that have none of their own."""

    class Meta(AbstractTeam.Meta):
        swappable = "STACK_APIKEYS_TEAM_MODEL"


class TeamMembership(models.Model):
    """A user is in a team."""

    team = models.ForeignKey(
        conf.team_model,
        on_delete=models.CASCADE,
        related_name="memberships",
        db_index=False,  # the unique constraint's index begins with it
        verbose_name=_("team"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="team_memberships",
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
        """Grant permissions and roles. Those that were granted already stay as they are.

        Raises `PermissionNotFound`, and then has granted none.
        """
        granted = set(permission_ids)
        permissions.require_known(granted)
        # What another request grants at the same moment is no conflict either.
        TeamPermission.objects.using(self._state.db).bulk_create(
            [TeamPermission(membership=self, permission_id=each) for each in sorted(granted)],
            ignore_conflicts=True,
        )


class TeamPermission(models.Model):
    """A member was granted a permission or a role."""

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
