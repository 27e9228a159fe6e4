"""Users who inherit from a table, and who look at their own fields as soon as they are there."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class ListField(models.CharField):
    """A list of words, stored as one text."""

    def from_db_value(self, value, expression, connection):
        return value.split()

    def get_prep_value(self, value):
        return " ".join(value)


class Person(AbstractBaseUser):
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"

    objects = BaseUserManager()

    def __str__(self):
        return self.email


class Country(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self):
        return self.name


class Office(models.Model):
    city = models.CharField(max_length=100)
    country = models.ForeignKey(Country, models.CASCADE)

    def __str__(self):
        return self.city


class Employee(Person):
    office = models.ForeignKey(Office, models.SET_NULL, null=True)
    number = models.AutoField(primary_key=True)
    person = models.OneToOneField(Person, models.CASCADE, parent_link=True)
    languages = ListField(max_length=100, default=list)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.known_as = self.email.partition("@")[0]


class Badge(models.Model):
    employee = models.OneToOneField(Employee, models.CASCADE)
    colour = models.CharField(max_length=100)

    def __str__(self):
        return self.colour


class Colleague(Employee):
    """The same people, under another name."""

    class Meta:
        proxy = True
