"""Users and teams that have something of the names that our relations have by default."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    api_keys = models.JSONField(default=list)
    team_memberships = models.IntegerField(default=0)


class Group(models.Model):
    name = models.CharField(max_length=100)
    owner = models.ForeignKey(User, models.CASCADE, related_name="+")

    def __str__(self):
        return self.name


class OldKey(models.Model):
    """A key of another package."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="api_keys")

    def __str__(self):
        return str(self.group)
