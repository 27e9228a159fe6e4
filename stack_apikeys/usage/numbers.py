"""Numbers as people read them."""

from django.utils.formats import number_format


def grouped(number: int) -> str:
    """Format a number in the active language, with its thousands separators."""
    return number_format(number, force_grouping=True)
