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
            name="TeamApiKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        help_text="What the key is for, such as Development, Production or CI/CD.",
                        max_length=255,
                        verbose_name="description",
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("pepper_id", models.PositiveIntegerField(editable=False, null=True)),
                ("pepper_fingerprint", models.PositiveIntegerField(editable=False, null=True)),
                (
                    "last_four",
                    models.CharField(
                        editable=False, max_length=4, verbose_name="last four characters"
                    ),
                ),
                (
                    "is_public",
                    models.BooleanField(
                        default=False,
                        help_text="Meant for places that others can see, such as the code of a web page.",
                        verbose_name="public",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=stack_apikeys.timestamps.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Leave empty for a key that never expires.",
                        null=True,
                        verbose_name="expires",
                    ),
                ),
                (
                    "manually_revoked_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="revoked"),
                ),
                (
                    "revoked_reason",
                    models.CharField(
                        blank=True,
                        editable=False,
                        max_length=255,
                        verbose_name="revocation reason",
                    ),
                ),
                (
                    "scopes",
                    models.JSONField(
                        blank=True,
                        help_text="What the key may do. Without a scope, it may do nothing.",
                        null=True,
                        verbose_name="scopes",
                    ),
                ),
                (
                    "networks",
                    models.JSONField(
                        blank=True,
                        help_text="Where the key can be used from, such as 192.0.2.0/24, 2001:db8::/32. Leave empty for anywhere.",
                        null=True,
                        verbose_name="networks",
                    ),
                ),
                (
                    "rotated_from",
                    models.OneToOneField(
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="successor",
                        to="stack_apikeys.teamapikey",
                        verbose_name="rotated from",
                    ),
                ),
                (
                    "rates",
                    models.JSONField(
                        blank=True,
                        help_text="How often the key may be used, such as 20/second, 1000/hour. Leave empty for the rates of the settings, or enter unlimited.",
                        null=True,
                        verbose_name="rates",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="revoked by",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name=conf.related_name("TeamApiKey.team"),
                        to=conf.team_model,
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "team API key",
                "verbose_name_plural": "team API keys",
                "ordering": ["-created_at", "-id"],
                "abstract": False,
                "indexes": [
                    models.Index(fields=["-created_at", "-id"], name="teamapikey_newest"),
                    models.Index(fields=["team", "-created_at"], name="teamapikey_owner_newest"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("digest", ""), _negated=True),
                        name="teamapikey_has_a_digest",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at", None),
                            (
                                "expires_at__range",
                                (
                                    stack_apikeys.timestamps.EARLIEST,
                                    stack_apikeys.timestamps.LATEST,
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="teamapikey_expires_in_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserApiKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        help_text="What the key is for, such as Development, Production or CI/CD.",
                        max_length=255,
                        verbose_name="description",
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("pepper_id", models.PositiveIntegerField(editable=False, null=True)),
                ("pepper_fingerprint", models.PositiveIntegerField(editable=False, null=True)),
                (
                    "last_four",
                    models.CharField(
                        editable=False, max_length=4, verbose_name="last four characters"
                    ),
                ),
                (
                    "is_public",
                    models.BooleanField(
                        default=False,
                        help_text="Meant for places that others can see, such as the code of a web page.",
                        verbose_name="public",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=stack_apikeys.timestamps.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Leave empty for a key that never expires.",
                        null=True,
                        verbose_name="expires",
                    ),
                ),
                (
                    "manually_revoked_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="revoked"),
                ),
                (
                    "revoked_reason",
                    models.CharField(
                        blank=True,
                        editable=False,
                        max_length=255,
                        verbose_name="revocation reason",
                    ),
                ),
                (
                    "scopes",
                    models.JSONField(
                        blank=True,
                        help_text="What the key may do. Without a scope, it may do nothing.",
                        null=True,
                        verbose_name="scopes",
                    ),
                ),
                (
                    "networks",
                    models.JSONField(
                        blank=True,
                        help_text="Where the key can be used from, such as 192.0.2.0/24, 2001:db8::/32. Leave empty for anywhere.",
                        null=True,
                        verbose_name="networks",
                    ),
                ),
                (
                    "rotated_from",
                    models.OneToOneField(
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="successor",
                        to="stack_apikeys.userapikey",
                        verbose_name="rotated from",
                    ),
                ),
                (
                    "rates",
                    models.JSONField(
                        blank=True,
                        help_text="How often the key may be used, such as 20/second, 1000/hour. Leave empty for the rates of the settings, or enter unlimited.",
                        null=True,
                        verbose_name="rates",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="revoked by",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name=conf.related_name("UserApiKey.user"),
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "user API key",
                "verbose_name_plural": "user API keys",
                "ordering": ["-created_at", "-id"],
                "permissions": [
                    ("create_key_for_others", "Can create API keys for owners with more rights")
                ],
                "abstract": False,
                "indexes": [
                    models.Index(fields=["-created_at", "-id"], name="userapikey_newest"),
                    models.Index(fields=["user", "-created_at"], name="userapikey_owner_newest"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("digest", ""), _negated=True),
                        name="userapikey_has_a_digest",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at", None),
                            (
                                "expires_at__range",
                                (
                                    stack_apikeys.timestamps.EARLIEST,
                                    stack_apikeys.timestamps.LATEST,
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="userapikey_expires_in_range",
                    ),
                ],
            },
        ),
    ]
