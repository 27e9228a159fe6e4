"""Packages that issue tokens when users sign in."""

import secrets
from datetime import timedelta

from benchmarks.contenders.base import Contender


class AuthToken(Contender):
    """https://www.django-rest-framework.org/api-guide/authentication/#tokenauthentication"""

    name = "authtoken"
    title = "DRF TokenAuthentication"
    package = "djangorestframework"
    module = "rest_framework"
    apps = ("rest_framework.authtoken",)
    has_many_keys_per_user = False

    def view_attributes(self):
        from rest_framework.authentication import TokenAuthentication
        from rest_framework.permissions import IsAuthenticated

        return {
            "authentication_classes": [TokenAuthentication],
            "permission_classes": [IsAuthenticated],
        }

    def create(self, user):
        from rest_framework.authtoken.models import Token

        return Token.objects.create(user=user).key

    def fill(self, user_ids):
        from rest_framework.authtoken.models import Token

        rows = ({"key": secrets.token_hex(20), "user_id": user_id} for user_id in user_ids)
        self.insert(Token, {}, rows)

    def unknown(self):
        return secrets.token_hex(20)


class Knox(Contender):
    """https://jazzband.github.io/django-rest-knox/auth/"""

    name = "knox"
    title = "django-rest-knox"
    package = "django-rest-knox"
    module = "knox"
    apps = ("knox",)

    def view_attributes(self):
        from knox.auth import TokenAuthentication
        from rest_framework.permissions import IsAuthenticated

        return {
            "authentication_classes": [TokenAuthentication],
            "permission_classes": [IsAuthenticated],
        }

    def create(self, user):
        from knox.models import AuthToken

        return AuthToken.objects.create(user=user)[1]

    def fill(self, user_ids):
        from django.utils import timezone
        from knox.models import AuthToken

        expiry = timezone.now() + timedelta(days=1)
        rows = (
            {
                "digest": secrets.token_hex(64),
                "token_key": secrets.token_hex(8)[:15],
                "user_id": user_id,
            }
            for user_id in user_ids
        )
        self.insert(AuthToken, {"expiry": expiry}, rows)

    def unknown(self):
        return secrets.token_hex(32)


class SimpleJwt(Contender):
    """https://django-rest-framework-simplejwt.readthedocs.io/en/latest/getting_started.html"""

    name = "simplejwt"
    title = "djangorestframework-simplejwt"
    package = "djangorestframework-simplejwt"
    module = "rest_framework_simplejwt"
    settings = {"SIMPLE_JWT": {"ACCESS_TOKEN_LIFETIME": timedelta(days=1)}}
    has_many_keys_per_user = False
    keyword = "Bearer"

    def view_attributes(self):
        from rest_framework.permissions import IsAuthenticated
        from rest_framework_simplejwt.authentication import JWTAuthentication

        return {
            "authentication_classes": [JWTAuthentication],
            "permission_classes": [IsAuthenticated],
        }

    def create(self, user):
        from rest_framework_simplejwt.tokens import AccessToken

        return str(AccessToken.for_user(user))

    def fill(self, user_ids):
        """Do nothing: tokens are not stored."""

    def mistyped(self, value):
        # Some bits of the last character of a signature are not used.
        return value[:-2] + ("0" if value[-2] != "0" else "1") + value[-1]

    def unknown(self):
        from django.contrib.auth.models import User

        return self.create(User(pk=2**31 - 1))
