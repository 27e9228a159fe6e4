"""Rows for tests. Keys are not here: tests make them as a host does, through ``api_keys``."""

import factory
from factory.django import DjangoModelFactory

from example_project.models import User
from stack_apikeys.teams.models import Team

PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory):
    """A user who can sign in with `PASSWORD`."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"user{n}@example.com")
    display_name = factory.Sequence(lambda n: f"User {n}")

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(*args, password=PASSWORD, **kwargs)


class TeamFactory(DjangoModelFactory):
    """A team without members, or with its ``creator``."""

    class Meta:
        model = Team

    display_name = factory.Sequence(lambda n: f"Team {n}")

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_team(*args, **kwargs)
