from django.apps import AppConfig
from django.db.models.signals import pre_save


class RestrictionsConfig(AppConfig):
    name = "tests.official_sdks.restrictions"
    label = "restrictions"

    def ready(self):
        from stack_apikeys.models import MODELS

        for model in MODELS.values():
            pre_save.connect(restrict, sender=model)


def restrict(instance, **_kwargs):
    """Bind a new key to the networks of this machine, and limit its use."""
    if instance._state.adding:
        instance.networks = ["127.0.0.0/8", "::1/128"]
        instance.rates = ["1000000/hour"]
