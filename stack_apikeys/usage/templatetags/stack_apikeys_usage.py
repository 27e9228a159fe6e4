"""The template filter of this app's templates."""

from django import template

from stack_apikeys.usage.numbers import grouped

register = template.Library()
register.filter(grouped)
