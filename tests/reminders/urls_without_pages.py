"""The URLs of a project without settings pages."""

urlpatterns = []
