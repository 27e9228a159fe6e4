"""What a team, as ``request.user``, finds in queries and leaves in rows.

Run by ``tests/test_records.py`` in a process of its own, because these are other settings.
"""

import copy
import json
import pickle

import pytest
from asgiref.sync import async_to_sync
from auditlog.models import LogEntry
from django.contrib.admin.models import CHANGE
from django.contrib.admin.models import LogEntry as AdminLogEntry
from django.contrib.auth import SESSION_KEY, login
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, When
from django.db.models.functions import Coalesce
from django.template import engines
from guardian.shortcuts import assign_perm, get_objects_for_user

from stack_apikeys.exceptions import UserAuthenticationRequired
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.principal import TeamPrincipal
from stack_apikeys.rights import owner_managed_by
from stack_apikeys.teams.models import Team
from tests.hosts.records.models import Note, Signature, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return User.objects.create_user("ada")


@pytest.fixture
def team():
    return Team.objects.create_team(display_name="Analysts")


@pytest.fixture
def principal(team):
    return TeamPrincipal(team)


@pytest.fixture
def notes(user):
    """A note of somebody's, and one of nobody's."""
    return [Note.objects.create(owner=user, title="own"), Note.objects.create(title="nobody's")]


@pytest.fixture
def send(client, team):
    value = team.api_keys.create_key()[1]

    def send(method, path):
        return client.generic(method, path, headers={"X-Stack-Api-Key": value})

    return send


# Queries --------------------------------------------------------------------------------------

NO_NOTE = {
    "owner": lambda p: Note.objects.filter(owner=p),
    "owner exact": lambda p: Note.objects.filter(owner__exact=p),
    "owner_id": lambda p: Note.objects.filter(owner_id=p.pk),
    "id": lambda p: Note.objects.filter(owner_id=p.id),
    "owner by pk": lambda p: Note.objects.filter(owner=p.pk),
    "owner__pk": lambda p: Note.objects.filter(owner__pk=p.pk),
    "owner__number": lambda p: Note.objects.filter(owner__number=p.pk),
    "owner__username": lambda p: Note.objects.filter(owner__username=p.username),
    "editor": lambda p: Note.objects.filter(editor=p),
    "editor_id": lambda p: Note.objects.filter(editor_id=p.pk),
    "list": lambda p: Note.objects.filter(owner__in=[p]),
    "tuple": lambda p: Note.objects.filter(owner__in=(p,)),
    "set": lambda p: Note.objects.filter(owner__in={p}),
    "list of keys": lambda p: Note.objects.filter(owner_id__in=[p.pk]),
    "set of keys": lambda p: Note.objects.filter(owner_id__in={p.pk}),
    "list of primary keys": lambda p: Note.objects.filter(owner__pk__in=[p.pk]),
    "iterator": lambda p: Note.objects.filter(owner__in=iter([p])),
    "editors": lambda p: Note.objects.filter(editor__in=[p]),
    "less": lambda p: Note.objects.filter(owner_id__lt=p.pk),
    "greater": lambda p: Note.objects.filter(owner_id__gte=p.pk),
    "exclude not": lambda p: Note.objects.exclude(~Q(owner=p)),
    "and": lambda p: Note.objects.filter(Q(owner=p) & Q(title__contains="o")),
    "or": lambda p: Note.objects.filter(Q(owner=p) | Q(title="of nobody")),
    "case": lambda p: Note.objects.filter(Case(When(owner=p, then=True), default=False)),
    "exists": lambda p: Note.objects.filter(
        Exists(Note.objects.filter(pk=OuterRef("pk"), owner=p))
    ),
    "subquery": lambda p: Note.objects.filter(owner__in=User.objects.filter(pk=p.pk)),
    "user": lambda p: User.objects.filter(pk=p.pk),
    "users": lambda p: User.objects.filter(pk__in=[p.pk]),
    "user by name": lambda p: User.objects.filter(username=p.username),
    "user by text": lambda p: User.objects.filter(username=p),
    "annotation": lambda p: Note.objects.annotate(who=Coalesce("owner_id", F("owner_id"))).filter(
        who=p.pk
    ),
}


@pytest.mark.parametrize("find", NO_NOTE.values(), ids=NO_NOTE)
def test_no_row_matches(find, principal, notes):
    assert list(find(principal)) == []
    assert find(principal).count() == 0
    assert not find(principal).exists()


ALL_NOTES = {
    "exclude": lambda p: Note.objects.exclude(owner=p),
    "exclude key": lambda p: Note.objects.exclude(owner_id=p.pk),
    "not": lambda p: Note.objects.filter(~Q(owner=p)),
    "or": lambda p: Note.objects.filter(Q(owner=p) | Q(title__contains="o")),
}


@pytest.mark.parametrize("find", ALL_NOTES.values(), ids=ALL_NOTES)
def test_an_exclusion_excludes_nothing(find, principal, notes):
    assert list(find(principal).order_by("pk")) == notes


@pytest.mark.parametrize("name", ["owner__in", "owner_id__in"])
def test_excluding_a_list_with_a_team_excludes_no_users_rows(name, principal, notes):
    value = principal if name == "owner__in" else principal.pk
    # Whether a row without an owner is left out as well differs between versions of Django.
    assert notes[0] in Note.objects.exclude(**{name: [value]})
    assert notes[0] in Note.objects.exclude(**{name: {value}})


def test_others_in_the_same_list_are_found(principal, user, notes):
    own = notes[0]
    assert list(Note.objects.filter(owner__in=[principal, user])) == [own]
    assert list(Note.objects.filter(owner__in={principal.pk, user.pk})) == [own]
    assert own not in Note.objects.exclude(owner__in=[principal, user])
    assert list(User.objects.filter(pk__in=[principal.pk, user.pk])) == [user]
    assert user not in User.objects.exclude(pk__in=[principal.pk, user.pk])


def test_annotations_and_counts(principal, user, notes):
    found = Note.objects.annotate(mine=Q(owner=principal)).values_list("mine", flat=True)
    assert [bool(mine) for mine in found] == [False, False]
    assert Note.objects.aggregate(n=Count("pk", filter=Q(owner=principal))) == {"n": 0}
    prefetch = Prefetch("notes", Note.objects.filter(owner=principal), to_attr="found")
    assert User.objects.prefetch_related(prefetch).get(pk=user.pk).found == []


def test_get_or_create_never_gets_a_row(principal, notes):
    note, created = Note.objects.get_or_create(owner=principal, title="nobody's")
    assert created
    note.refresh_from_db()
    assert note.owner is None
    note, created = Note.objects.update_or_create(owner_id=principal.pk, title="own")
    assert created


def test_a_user_whose_key_or_name_is_the_same_text_is_somebody_else(principal):
    text = str(principal)
    user = User.objects.create_user(text)
    note = Note.objects.create(editor=user, title="x")
    assert not Note.objects.filter(editor=principal).exists()
    assert not User.objects.filter(username=principal.username).exists()
    assert principal.username != text
    assert principal != user
    assert user != principal
    assert not Note.objects.filter(editor__in=[principal.pk]).exists()
    assert note.editor == user


# Rows -----------------------------------------------------------------------------------------


def test_a_nullable_column_stores_null(principal, notes):
    by_create = Note.objects.create(owner=principal, editor=principal, title="x")
    by_id = Note.objects.create(owner_id=principal.pk, editor_id=principal.pk, title="x")
    by_save = notes[0]
    by_save.owner = by_save.editor = principal
    by_save.save()
    [by_bulk] = Note.objects.bulk_create([Note(owner=principal, editor=principal, title="x")])
    for note in (by_create, by_id, by_save, by_bulk):
        stored = Note.objects.get(pk=note.pk)
        assert (stored.owner, stored.editor) == (None, None)
        note.refresh_from_db()
        assert note.owner_id is None


@pytest.mark.parametrize("fields", [["owner"], ["owner_id"]])
def test_an_update_stores_null(principal, notes, fields):
    values = {"owner": principal, "owner_id": principal.pk}
    Note.objects.update(**{name: values[name] for name in fields})
    assert not Note.objects.exclude(owner=None).exists()
    note = notes[0]
    note.owner = principal
    Note.objects.bulk_update([note], ["owner"])
    assert Note.objects.filter(owner=None).count() == 2


def test_a_column_that_needs_a_user_stores_nothing(principal):
    with pytest.raises(IntegrityError), transaction.atomic():
        Signature.objects.create(user=principal)
    with pytest.raises(IntegrityError), transaction.atomic():
        Signature.objects.get_or_create(user_id=principal.pk)
    assert not Signature.objects.exists()


def test_django_s_own_log_stores_nothing_for_a_team(principal, notes):
    with pytest.raises(IntegrityError), transaction.atomic():
        AdminLogEntry.objects.log_actions(principal.pk, notes[:1], CHANGE, single_object=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        AdminLogEntry.objects.create(
            user_id=principal.pk,
            content_type=ContentType.objects.get_for_model(Note),
            action_flag=CHANGE,
        )
    assert not AdminLogEntry.objects.exists()


def test_our_own_rows_do_not_record_a_team(principal, user, team):
    made, _value = user.api_keys.create_key(created_by=principal)
    [(bulk, _value)] = team.api_keys.bulk_create_keys(1, created_by=principal)
    made.revoke(by=principal)
    for api_key in (made, bulk):
        assert (api_key.created_by, api_key.revoked_by) == (None, None)
        api_key.refresh_from_db()
        assert (api_key.created_by, api_key.revoked_by) == (None, None)


@pytest.mark.parametrize("model", [UserApiKey, TeamApiKey])
def test_a_team_manages_no_keys(model, principal, user, team):
    owner = {"user": user, "team": team}[model.KIND]
    for owner_id in (owner.pk, principal.pk):
        with pytest.raises(UserAuthenticationRequired):
            owner_managed_by(principal, model, owner_id)


# Tools that store request.user ----------------------------------------------------------------


def test_a_views_rows_and_records_have_nobody(send, notes):
    assert send("POST", "/notes").status_code == 201
    note = Note.objects.get(title="new")
    assert (note.owner, note.editor) == (None, None)
    [record] = note.history.all()
    assert (record.history_user, record.owner, record.title) == (None, None, "new")
    entry = LogEntry.objects.get_for_object(note).get()
    assert (entry.actor, entry.actor_email) == (None, None)


def test_a_users_rows_and_records_have_the_user(client, user):
    value = user.api_keys.create_key()[1]
    assert client.post("/notes", headers={"X-Stack-Api-Key": value}).status_code == 201
    note = Note.objects.get(title="new")
    assert note.owner == note.history.get().history_user == user
    assert LogEntry.objects.get_for_object(note).get().actor == user


def test_a_view_that_filters_by_its_caller_finds_nothing(send, notes, team):
    answer = send("GET", "/notes")
    assert (answer.status_code, json.loads(answer.content)) == (
        200,
        {"user": f"team:{team.pk}", "titles": []},
    )


def test_guardian_gives_a_team_what_it_gives_strangers(principal, user, notes):
    assign_perm("records.view_note", user, notes[0])
    assert list(get_objects_for_user(user, "records.view_note")) == notes[:1]
    assert not get_objects_for_user(principal, "records.view_note").exists()
    assert not principal.has_perm("records.view_note", notes[0])


def test_drfs_throttle_counts_each_team_for_itself(client):
    cache.clear()
    for name in ("Analysts", "Engineers"):
        value = Team.objects.create_team(display_name=name).api_keys.create_key()[1]
        statuses = [
            client.get("/throttled", headers={"X-Stack-Api-Key": value}).status_code
            for _ in range(2)
        ]
        assert statuses == [200, 429]


def test_a_team_cannot_be_signed_in(client, rf, principal):
    request = rf.get("/")
    request.session = client.session
    with pytest.raises(PermissionDenied):
        login(request, principal, backend="django.contrib.auth.backends.ModelBackend")
    assert SESSION_KEY not in request.session


# What it is -----------------------------------------------------------------------------------


def test_it_has_all_that_an_anonymous_user_has(principal):
    for name in dir(AnonymousUser()):
        assert hasattr(principal, name), name


def test_it_holds_no_permission(principal):
    principal.team = None  # it does not ask
    permission = "records.view_note"
    assert not principal.has_perm(permission)
    assert not principal.has_perms([permission])
    assert not principal.has_module_perms("records")
    # Nothing was asked for, as by DRF's DjangoModelPermissions of a request that only reads.
    assert principal.has_perms([])
    assert async_to_sync(principal.ahas_perms)([])
    assert not async_to_sync(principal.ahas_perm)(permission)
    assert not async_to_sync(principal.ahas_perms)([permission])
    assert not async_to_sync(principal.ahas_module_perms)("records")
    for kind in ("user", "group", "all"):
        assert getattr(principal, f"get_{kind}_permissions")() == set()
        assert async_to_sync(getattr(principal, f"aget_{kind}_permissions"))() == set()
    assert not principal.groups.exists()
    assert not principal.user_permissions.exists()


def test_it_is_equal_by_its_team(principal, team, user):
    same = TeamPrincipal(Team.objects.get())
    other = TeamPrincipal(Team.objects.create_team(display_name="Engineers"))
    assert principal == same
    assert hash(principal) == hash(same)
    assert principal.pk == same.pk
    assert principal not in (other, user, AnonymousUser(), None)
    assert principal.pk not in (other.pk, user.pk, None, str(principal))


def test_it_is_told_apart_from_a_user(principal, user):
    assert isinstance(principal, TeamPrincipal)
    assert isinstance(principal, AnonymousUser)
    assert isinstance(principal, User)  # for the tools that ask before they store
    assert not isinstance(user, TeamPrincipal)
    assert type(principal) is TeamPrincipal


def test_it_can_be_copied_and_pickled(principal):
    for same in (copy.copy(principal), pickle.loads(pickle.dumps(principal))):
        assert type(same) is TeamPrincipal
        assert same == principal
    assert pickle.loads(pickle.dumps(principal.pk)) == principal.pk


def test_its_key_is_text_for_all_but_queries(principal, team):
    text = f"team:{team.pk}"
    assert [str(principal), f"{principal.pk}", f"by {principal.id}"] == [text, text, f"by {text}"]
    assert json.dumps([principal.pk]) == f'["{text}"]'
    assert principal.get_username() == principal.pk


def test_a_template_shows_nothing_in_the_place_of_what_is_not_there(principal):
    template = engines["django"].from_string("{{ user.email }}{{ user.get_full_name }}.")
    assert template.render({"user": principal}) == "."


def test_what_a_user_has_beyond_an_anonymous_user_is_not_there(principal):
    assert not hasattr(principal, "email")
    with pytest.raises(AttributeError, match="no attribute 'email'"):
        _ = principal.email
