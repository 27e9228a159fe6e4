import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import stack_apikeys.timestamps
import stack_apikeys.validators
from stack_apikeys._database.swappable_migrations import SwappableMigration
from stack_apikeys.conf import conf


class Migration(SwappableMigration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(conf.team_model),
    ]

    operations = [
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("display_name", models.CharField(max_length=255, verbose_name="display name")),
                (
                    "profile_image_url",
                    models.TextField(
                        blank=True,
                        null=True,
                        validators=[stack_apikeys.validators.validate_picture],
                        verbose_name="profile image URL",
                    ),
                ),
                (
                    "client_metadata",
                    models.JSONField(
                        blank=True,
                        help_text="Any JSON. Clients of the API may read and change it.",
                        null=True,
                        verbose_name="client metadata",
                    ),
                ),
                (
                    "client_read_only_metadata",
                    models.JSONField(
                        blank=True,
                        help_text="Any JSON. Clients of the API may read it, and only servers change it.",
                        null=True,
                        verbose_name="client read-only metadata",
                    ),
                ),
                (
                    "server_metadata",
                    models.JSONField(
                        blank=True,
                        help_text="Any JSON. Only servers may read and change it.",
                        null=True,
                        verbose_name="server metadata",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=stack_apikeys.timestamps.now, editable=False, verbose_name="created"
                    ),
                ),
            ],
            options={
                "verbose_name": "team",
                "verbose_name_plural": "teams",
                "ordering": ["created_at", "id"],
                "abstract": False,
                "swappable": "STACK_APIKEYS_TEAM_MODEL",
            },
        ),
        migrations.CreateModel(
            name="TeamMembership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=stack_apikeys.timestamps.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=conf.team_model,
                        verbose_name="team",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name=conf.related_name("TeamMembership.user"),
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "team membership",
                "verbose_name_plural": "team memberships",
                "ordering": ["created_at", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("team", "user"), name="teammembership_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="TeamPermission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "permission_id",
                    models.CharField(max_length=255, verbose_name="permission or role"),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="permissions",
                        to="stack_apikeys_teams.teammembership",
                        verbose_name="team membership",
                    ),
                ),
            ],
            options={
                "verbose_name": "team permission",
                "verbose_name_plural": "team permissions",
                "ordering": ["permission_id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("membership", "permission_id"), name="teampermission_unique"
                    )
                ],
            },
        ),
    ]
