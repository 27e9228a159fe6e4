"""Users with any kind of primary key, and rows that record who made them."""

import os
import uuid

from auditlog.registry import auditlog
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from simple_history.models import HistoricalRecords


def random_text():
    return uuid.uuid4().hex


PRIMARY_KEYS = {
    "integer": lambda: models.AutoField(primary_key=True),
    "uuid": lambda: models.UUIDField(primary_key=True, default=uuid.uuid4),
    "char": lambda: models.CharField(primary_key=True, max_length=100, default=random_text),
}


class User(AbstractUser):
    number = PRIMARY_KEYS[os.environ["RECORDS_PRIMARY_KEY"]]()


class Note(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="notes"
    )
    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        to_field="username",
        related_name="+",
    )
    title = models.CharField(max_length=50)
    history = HistoricalRecords()

    def __str__(self):
        return self.title


class Usage(models.Model):
    """A row that refers to a key."""

    api_key = models.ForeignKey("stack_apikeys.UserApiKey", models.CASCADE)

    def __str__(self):
        return str(self.api_key)


class Signature(models.Model):
    """A row that must have a user."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)

    def __str__(self):
        return str(self.user)


auditlog.register(Note)
