"""This package, used as its documentation shows."""

from benchmarks.contenders.base import Contender

REDIS = "redis://127.0.0.1:6379"


class Ours(Contender):
    name = "ours"
    title = "django-stack-apikeys"
    package = "django-stack-apikeys"
    module = "stack_apikeys"
    apps = ("stack_apikeys", "stack_apikeys.teams")
    settings = {
        "STACK_APIKEYS": {
            "PEPPERS": {1: "pepper of the benchmarks"},
            "REQUIRE_HTTPS": False,
            # Refused keys are counted, as by default, and always told why.
            "GUESS_RATE": "1000000000/minute",
            "SECRET_SERVER_KEYS": ["ssk_of_the_benchmarks"],
        }
    }

    def view_attributes(self):
        from rest_framework.permissions import IsAuthenticated

        from stack_apikeys.authentication import ApiKeyAuthentication

        return {
            "authentication_classes": [ApiKeyAuthentication],
            "permission_classes": [IsAuthenticated],
        }

    def create(self, user):
        return user.api_keys.create_key(description="benchmark")[1]

    def fill(self, user_ids):
        from stack_apikeys.models import UserApiKey

        for _imported in UserApiKey.objects.issue_keys(user_ids, description="benchmark"):
            pass

    def unknown(self):
        from uuid import uuid4

        from stack_apikeys.keys import generate

        return generate(id=uuid4(), kind="user")

    def header(self, value):
        return "X-Stack-Api-Key", value


class OursPrepared(Ours):
    name = "ours-prepared"
    title = "django-stack-apikeys, PREPARE_VERIFICATION"
    settings = {"STACK_APIKEYS": {**Ours.settings["STACK_APIKEYS"], "PREPARE_VERIFICATION": True}}


class OursCached(Ours):
    name = "ours-cached"
    title = "django-stack-apikeys, cached"
    settings = {
        "STACK_APIKEYS": {**Ours.settings["STACK_APIKEYS"], "VERIFICATION_CACHE_SECONDS": 60}
    }


class OursWithUsage(Ours):
    name = "ours-usage"
    title = "django-stack-apikeys, usage counted"
    apps = (*Ours.apps, "stack_apikeys.usage")


class OursWithRates(Ours):
    name = "ours-rates"
    title = "django-stack-apikeys, three rates on Redis"
    package = "redis"
    settings = {
        "STACK_APIKEYS": {
            **Ours.settings["STACK_APIKEYS"],
            "RATES": ["1000000/second", "1000000/hour", "1000000000/day"],
            "ON_CACHE_FAILURE": {"key": "refuse"},
        },
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": REDIS,
                "KEY_PREFIX": "benchmark",
            }
        },
    }

    @property
    def is_installed(self):
        """Whether Redis can be reached."""
        try:
            import redis
        except ImportError:
            return False
        try:
            with redis.Redis.from_url(REDIS, socket_connect_timeout=3) as client:
                return client.ping()
        except redis.RedisError:
            return False
