from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("stack_apikeys.api.urls")),
    path("settings/", include("stack_apikeys.urls")),
]
