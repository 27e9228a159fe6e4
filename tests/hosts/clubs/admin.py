from django.contrib import admin

from stack_apikeys.teams.admin import TeamAdmin
from tests.hosts.clubs.models import Club

admin.site.register(Club, TeamAdmin)
