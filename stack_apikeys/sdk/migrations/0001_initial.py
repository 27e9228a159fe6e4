import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import stack_apikeys.timestamps
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
            name="Profile",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "display_name",
                    models.CharField(blank=True, max_length=255, verbose_name="display name"),
                ),
                (
                    "profile_image_url",
                    models.TextField(blank=True, verbose_name="profile image URL"),
                ),
                (
                    "verified_email",
                    models.CharField(
                        blank=True,
                        help_text=(
                            "The address that the user has verified. A changed address is not "
                            "verified."
                        ),
                        max_length=320,
                        verbose_name="verified e-mail address",
                    ),
                ),
                (
                    "client_metadata",
                    models.JSONField(
                        blank=True,
                        help_text="Any JSON. The user may read and change it.",
                        null=True,
                        verbose_name="client metadata",
                    ),
                ),
                (
                    "client_read_only_metadata",
                    models.JSONField(
                        blank=True,
                        help_text="Any JSON. The user may read it, and only servers change it.",
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
                    "selected_team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=conf.team_model,
                        verbose_name="selected team",
                    ),
                ),
            ],
            options={
                "verbose_name": "profile",
                "verbose_name_plural": "profiles",
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("auth_hash", models.CharField(editable=False, max_length=255)),
                (
                    "created_at",
                    models.DateTimeField(
                        default=stack_apikeys.timestamps.now,
                        editable=False,
                        verbose_name="signed in",
                    ),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(
                        default=stack_apikeys.timestamps.now,
                        editable=False,
                        verbose_name="last used",
                    ),
                ),
                ("expires_at", models.DateTimeField(editable=False, verbose_name="expires")),
                (
                    "last_address",
                    models.CharField(
                        blank=True,
                        editable=False,
                        max_length=64,
                        verbose_name="last network address",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="TeamMemberProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "display_name",
                    models.CharField(blank=True, max_length=255, verbose_name="display name"),
                ),
                (
                    "profile_image_url",
                    models.TextField(blank=True, verbose_name="profile image URL"),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=conf.team_model,
                        verbose_name="team",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "team member profile",
                "verbose_name_plural": "team member profiles",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "user"), name="teammemberprofile_unique"
                    )
                ],
            },
        ),
    ]
