"""The foreign key that does not override attributes of the other model."""

import inspect
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.fields.related_descriptors import ReverseManyToOneDescriptor

if TYPE_CHECKING:
    _ForeignKey = models.ForeignKey[Any, Any]
else:
    _ForeignKey = models.ForeignKey


class YieldingForeignKey(_ForeignKey):
    """A ForeignKey that adds no reverse relation if the other model has an attribute of its name.

    Django's own replaces such a field, property or relation, and the project then fails before a
    system check can report the clash.
    """

    def contribute_to_related_class(self, cls: type[models.Model], related: Any) -> None:
        """Add the reverse relation, unless the model has an attribute of its name."""
        if getattr(cls, related.get_accessor_name() or "", None) is None:
            super().contribute_to_related_class(cls, related)

    def finds_taken(self, name: str) -> bool:
        """Return True if the other model has an attribute of this name that is not the relation."""
        attribute = inspect.getattr_static(self.remote_field.model, name, None)
        is_own = isinstance(attribute, ReverseManyToOneDescriptor) and attribute.field is self
        return attribute is not None and not is_own

    def deconstruct(self) -> Any:
        """Describe the field as a ForeignKey, so that migrations do not import this class."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, kwargs
