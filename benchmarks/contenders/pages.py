"""This package with its settings pages, which are not compared with other packages."""

from benchmarks.contenders.ours import Ours


class Pages(Ours):
    name = "pages"
    title = "without usage"
    apps = ("django.contrib.sessions", "django.contrib.messages", *Ours.apps)
    settings = {
        **Ours.settings,
        "MIDDLEWARE": [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ],
                },
            }
        ],
        "STATIC_URL": "/static/",
    }


class PagesWithUsage(Pages):
    name = "pages-usage"
    title = "with usage"
    apps = (*Pages.apps, "stack_apikeys.usage")
