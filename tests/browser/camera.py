"""Pictures of pages for people to look at, which ``pytest tests/browser --screenshots`` takes."""

from pathlib import Path

FOLDER = Path(__file__).parent / "screenshots"

is_on = False
"""Whether pictures are taken. Without, the tests are a quarter faster."""


def take(page, name, *, full_page=True):
    """Store a picture of the page under this name, if pictures are taken."""
    if is_on:
        page.screenshot(path=FOLDER / f"{name}.png", full_page=full_page)
