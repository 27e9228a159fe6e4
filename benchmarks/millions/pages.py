"""The pages that are measured: those of Django admin, and those of the owners with most keys."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.millions.fill import team_id, user_id
from benchmarks.millions.numbered import Numbering
from stack_apikeys.conf import conf
from stack_apikeys.models import MODELS, ApiKeyModel

STAFF = "staff-of-the-benchmarks"

SHOWN_KEY = 100
"""A key of the owners with most keys."""


@dataclass(frozen=True)
class Page:
    """A request that changes nothing."""

    group: str
    title: str
    get: Callable[[], Any]


def pages(totals: dict[str, int]) -> Iterator[Page]:
    """Yield the pages, for so many keys of each kind."""
    staff, owner = _client(_staff()), _client(get_user_model().objects.get(pk=user_id(0)))
    for kind, model in MODELS.items():
        numbering = Numbering(kind, totals[kind])
        yield from _admin(staff, model, numbering)
        yield from _settings(owner, model, numbering)
        yield from _api(model)
    yield from _usage(staff)


def _staff() -> Any:
    users: Any = get_user_model()
    name = {users.USERNAME_FIELD: f"{STAFF}@example.com"}
    return users.objects.filter(**name).first() or users.objects.create_superuser(**name)


def _client(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def statements_of(page: Page) -> list[str]:
    """Return the SQL of a page."""
    with CaptureQueriesContext(connection) as queries:
        page.get()
    return [query["sql"] for query in queries]


def _sender(send: Callable[..., Any], url: str, data: dict[str, Any]) -> Callable[[], Any]:
    """Return a function that sends a request by the client's ``get`` or ``post``."""

    def request() -> Any:
        response = send(url, data)
        if response.status_code != 200:
            raise RuntimeError(f"{url} {data} has status {response.status_code}.")
        return response

    return request


# Admin --------------------------------------------------------------------------------------------


def _admin(client: Client, model: ApiKeyModel, numbering: Numbering) -> Iterator[Page]:
    group = f"admin, {model._meta.verbose_name_plural}"
    prefix = f"admin:stack_apikeys_{model._meta.model_name}"
    url = reverse(f"{prefix}_changelist")

    def page(title: str, **parameters: Any) -> Page:
        return Page(group, title, _sender(client.get, url, parameters))

    middle = numbering.total // 2 + 1
    owner: Any = model.objects.select_related(model.KIND).get(pk=numbering.id(middle)).owner
    yield page("list")
    yield page("last page", p=_last_page(client, url))
    yield page("pop-up window", _popup=1)
    for title, search in {
        "a frequent word of descriptions": "billing",
        "two frequent words": "production billing",
        "a word of one old description": str(middle),
        "a word that nothing contains": "zebra",
        "the first name of owners": "Grace",
        "the whole name of an owner": str(owner),
        "an e-mail address, or name, of an owner": getattr(owner, "email", str(owner)),
        "the owner with most keys": "ada.lovelace.0@" if model.KIND == "user" else "Lovelace 0",
        "an owner and a word": f"{getattr(owner, 'email', '')} billing",
        "an id": str(numbering.id(middle)),
        "a masked key": f"sk_…{numbering.value(middle)[-4:]}",
        "four last characters": numbering.value(middle)[-4:],
    }.items():
        yield page(f"search: {title}", q=search)
    for title, fields in _filters(client, url).items():
        yield page(f"filter: {title}", **fields)
    for first, second in (("status=expired", "expires=never"), ("status=revoked", "used=never")):
        both = dict(each.split("=") for each in (first, second))
        yield page(f"filters: {first}, {second}", **both)
    yield page("filters: status=valid, is_public=1", status="valid", is_public__exact="1")
    yield page("filters: status=expired, is_public=1", status="expired", is_public__exact="1")
    yield page("filter and search", status="revoked", q="billing")
    yield page("filter, last page", status="revoked", p=_last_page(client, url))
    for order in _orders(client, url):
        yield page(f"order {order}", o=order)
    yield page("filter and order", status="revoked", o=_orders(client, url)[0])
    pk = numbering.id(next(n for n in range(middle, numbering.total) if numbering.is_good(n)))
    for name in ("change", "history", "revoke", "rotate"):
        yield Page(
            group, f"{name} a key", _sender(client.get, reverse(f"{prefix}_{name}", args=[pk]), {})
        )
    chosen = {"action": "revoke_selected", "_selected_action": [str(pk)]}
    yield Page(group, "confirm to revoke one", _sender(client.post, url, chosen))
    owner_url = f"admin:{owner._meta.app_label}_{owner._meta.model_name}_change"
    first = user_id(0) if model.KIND == "user" else team_id(0)
    yield Page(
        group, "page of the owner", _sender(client.get, reverse(owner_url, args=[first]), {})
    )


def _filters(client: Client, url: str) -> dict[str, dict[str, str]]:
    """Return the choices of the filters of a list."""
    text = unescape(client.get(url).text).split('id="changelist-filter"')[1].split("</nav>")[0]
    queries = re.findall(r'href="\?([^"]+)"', text)
    choices = [dict(parse_qsl(each)) for each in queries if "_facets" not in each]
    return {
        ", ".join(f"{name}={value.partition(' ')[0]}" for name, value in each.items()): each
        for each in choices
    }


def _last_page(client: Client, url: str) -> int:
    return max(map(int, re.findall(r"\?p=(\d+)", client.get(url).text)), default=1)


def _orders(client: Client, url: str) -> list[str]:
    """Return the orders that the headings of a list lead to."""
    orders = {*re.findall(r'<a href="\?o=([-.\d]+)"', unescape(client.get(url).text))}
    return sorted({sign + order.lstrip("-") for order in orders for sign in ("", "-")})


def _usage(client: Client) -> Iterator[Page]:
    for name in ("keyusage", "unusualuse"):
        url = reverse(f"admin:stack_apikeys_usage_{name}_changelist")
        yield Page("admin, usage", name, _sender(client.get, url, {}))
        for title, fields in _filters(client, url).items():
            yield Page("admin, usage", f"{name}, filter: {title}", _sender(client.get, url, fields))
        for order in _orders(client, url):
            yield Page(
                "admin, usage", f"{name}, order {order}", _sender(client.get, url, {"o": order})
            )


# Settings pages -----------------------------------------------------------------------------------


def _settings(client: Client, model: ApiKeyModel, numbering: Numbering) -> Iterator[Page]:
    from stack_apikeys.pages.list_form import ListForm

    group = f"settings, {model._meta.verbose_name_plural}"
    team = {} if model.KIND == "user" else {"team_id": team_id(0)}

    def url(name: str, **arguments: Any) -> str:
        return reverse(f"stack_apikeys:{model.KIND}-{name}", kwargs={**team, **arguments})

    def page(title: str, **parameters: Any) -> Page:
        return Page(group, title, _sender(client.get, url("api-keys"), parameters))

    fields: Any = ListForm().fields
    yield page("list")
    yield page("50 rows", rows=50)
    yield page("last page", page=1_000_000)
    for status, _label in fields["status"].choices:
        yield page(f"status {status}", status=status)
    for sort, _label in fields["sort"].choices:
        yield page(f"sort by {sort}", sort=sort)
        yield page(f"sort by {sort}, last page", sort=sort, page=1_000_000)
    yield page("status and sort", status="revoked", sort="description")
    for title, search in {
        "a frequent word": "billing",
        "a word of one old description": str(numbering.total // 4 // 100 * 100),
        "a word that nothing contains": "zebra",
        "four last characters": numbering.value(SHOWN_KEY)[-4:],
        "an id": str(numbering.id(SHOWN_KEY)),
    }.items():
        yield page(f"search: {title}", q=search)
    yield page("search and status", q="billing", status="valid")
    pk = numbering.id(SHOWN_KEY)
    yield Page(group, "page of a key", _sender(client.get, url("api-key", pk=pk), {}))
    good = [n for n in range(0, 10_000, 100) if numbering.is_good(n)][:10]
    for name in ("rename", "rotate", "revoke"):
        one = url(f"api-key-{name}", pk=numbering.id(good[0]))
        yield Page(group, f"{name} a key", _sender(client.get, one, {}))
    ticked = {"key": [str(numbering.id(n)) for n in good]}
    yield Page(group, "revoke ten", _sender(client.post, url("api-keys-revoke"), ticked))
    yield Page(group, "create a key", _sender(client.get, url("api-key-create"), {}))


def _api(model: ApiKeyModel) -> Iterator[Page]:
    client = Client(
        headers={
            "X-Stack-Access-Type": "server",
            "X-Stack-Project-Id": conf.PROJECT_ID,
            "X-Stack-Secret-Server-Key": conf.SECRET_SERVER_KEYS[0],
        }
    )
    url = f"/api/v1/{model.KIND}-api-keys"
    owner_id = user_id(0) if model.KIND == "user" else team_id(0)
    first = {f"{model.KIND}_id": str(owner_id), "limit": 100}
    yield Page("API", f"{model.KIND}: a page", _sender(client.get, url, first))

    def deep() -> dict[str, Any]:
        last = model.objects.filter(**{f"{model.KIND}_id": owner_id}).order_by("created_at")[100]
        millis = int(last.created_at.timestamp() * 1000)
        return first | {"cursor": f"{millis}-{last.pk.hex}"}

    yield Page("API", f"{model.KIND}: the last page", _sender(client.get, url, deep()))
