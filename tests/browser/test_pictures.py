"""The pictures in the documentation.

`pytest tests/browser/test_pictures.py --update-pictures` takes them anew.
"""

import struct

import pytest

from tests.browser.pages import create, path
from tests.browser.visitor import use_keys
from tests.project.markdown import ROOT

FOLDER = ROOT / "docs" / "images"

LARGEST = 150_000  # bytes

DESKTOP = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}


def show_list(page, user):
    use_keys(user)
    page.goto(path("api-keys", user))


def show_new_key(page, user):
    create(page, user)


def show_key(page, user):
    use_keys(user)
    page.goto(path("api-key", user, user.api_keys.get(description="Mobile app, beta")))


PICTURES = {
    "list-light": (show_list, DESKTOP),
    "list-dark": (show_list, DESKTOP),
    "created-light": (show_new_key, DESKTOP),
    "created-dark": (show_new_key, DESKTOP),
    "key-light": (show_key, DESKTOP),
    "phone-light": (show_list, PHONE),
}


def size_of(picture):
    """Width and height in the header of a PNG."""
    width, height = struct.unpack(">II", picture[16:24])
    return {"width": width, "height": height}


@pytest.mark.parametrize("name", PICTURES)
def test_the_documentation_has_a_picture_of_the_page(name, visit, demo_data, request):
    show, size = PICTURES[name]
    scheme = name.partition("-")[2]
    page = visit(demo_data.user1, viewport=size, color_scheme=scheme)
    show(page, demo_data.user1)
    picture = page.screenshot(animations="disabled", caret="hide")
    file = FOLDER / f"{name}.png"
    if request.config.getoption("--update-pictures"):
        file.write_bytes(picture)
    assert len(picture) < LARGEST
    assert size_of(file.read_bytes()) == size_of(picture) == size
