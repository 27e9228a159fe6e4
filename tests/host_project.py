"""Another host project, in a folder and in processes of its own: other apps, models and settings."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import stack_apikeys

ROOT = Path(stack_apikeys.__file__).resolve().parent.parent

SETTINGS = """
from pathlib import Path

FOLDER = Path(__file__).parent
SECRET_KEY = "a host project of the tests"
DEBUG = True
ALLOWED_HOSTS = ["testserver"]
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "stack_apikeys",
    "stack_apikeys.teams",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "urls"
STATIC_URL = "static/"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [FOLDER / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    },
]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(FOLDER / "db.sqlite3")},
}
STACK_APIKEYS = {"REQUIRE_HTTPS": False}
"""

URLS = """
from django.urls import include, path

urlpatterns = [path("settings/", include("stack_apikeys.urls"))]
"""


@dataclass
class HostProject:
    """A project with our apps, Django's user model and SQLite, and whatever is written into it."""

    folder: Path

    def __post_init__(self):
        self.write({"settings.py": SETTINGS, "urls.py": URLS})

    def write(self, files):
        """Write files by their paths; those in an app's folder make it a package."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))
            if path.suffix == ".py" and path.parent != self.folder:
                (path.parent / "__init__.py").touch()

    def configure(self, more):
        """Add lines to the settings."""
        with (self.folder / "settings.py").open("a") as settings:
            settings.write(dedent(more))

    def manage(self, *arguments, succeeds=True):
        """Run ``django-admin`` with the project's settings, and return what it prints."""
        return self._run("-m", "django", *arguments, succeeds=succeeds)

    def run(self, script):
        """Run a script after ``django.setup()``; fails unless it succeeds."""
        return self._run("-c", "import django\ndjango.setup()\n" + dedent(script))

    def _run(self, *arguments, succeeds=True):
        path = os.pathsep.join([str(self.folder), str(ROOT)])
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "settings"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) == succeeds, done.stdout + done.stderr
        return done.stdout + done.stderr
