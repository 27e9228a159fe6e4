"""The example project's URLs, and two of views that always fail."""

from django.core.exceptions import PermissionDenied
from django.urls import path

from example_project import urls


def forbidden(request):
    raise PermissionDenied


def broken(request):
    raise RuntimeError("This view always fails.")


urlpatterns = [*urls.urlpatterns, path("forbidden/", forbidden), path("broken/", broken)]
