import uuid

from django.db import migrations, models

import stack_apikeys.timestamps
import stack_apikeys.validators


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Club",
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
                ("city", models.CharField(max_length=100)),
            ],
            options={
                "verbose_name": "team",
                "verbose_name_plural": "teams",
                "ordering": ["created_at", "id"],
                "abstract": False,
            },
        ),
    ]
