"""All that it takes to give our teams a further column."""

from django.db import models

from stack_apikeys.teams.models import AbstractTeam


class Club(AbstractTeam):
    city = models.CharField(max_length=100)
