"""Configuration of Sphinx, which builds the documentation without a network."""

import os
import sys
from pathlib import Path

import django

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS.parent), str(DOCS / "_ext")]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example_project.settings")
django.setup()

import stack_apikeys  # noqa: E402  # Django has to be set up first

project = "django-stack-apikeys"
author = "The django-stack-apikeys developers"
release = version = stack_apikeys.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "reference"]
exclude_patterns = ["_build", "_ext"]

add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
default_role = "code"
smartquotes = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"{project} {release}"
html_copy_source = False
