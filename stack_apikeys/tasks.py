"""The maintenance as a task of Django's own framework for tasks, which needs Django 6.0."""

from django.tasks import task

from stack_apikeys.maintenance import maintain


@task
def maintain_api_keys() -> dict[str, int]:
    """Send reminders, revoke idle keys, and delete what is old, as ``api_keys maintain`` does."""
    return maintain()
