"""The tests, in a folder for each part of the package."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""
