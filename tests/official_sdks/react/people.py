"""The people who visit, and what the server says of them."""

import json
import time
from dataclasses import dataclass
from urllib.parse import quote
from uuid import uuid4

from tests.official_sdks.backend import ask
from tests.server import Demo

PASSWORD = "colourless green ideas"


@dataclass(frozen=True)
class Person:
    """Somebody with an account of the demo, who is signed in on one device."""

    demo: Demo
    id: str
    email: str
    password: str
    refresh_token: str

    @property
    def cookie(self):
        """The one by which the SDK finds the person signed in."""
        value = {
            "refresh_token": self.refresh_token,
            "updated_at_millis": time.time_ns() // 1_000_000,
        }
        name = f"hexclave-refresh-{self.demo['STACK_PROJECT_ID']}--default"
        return {"name": name, "value": quote(json.dumps(value), safe="")}

    def read(self):
        """The user as the server knows them."""
        return ask(self.demo, "GET", f"/users/{self.id}")

    def teams(self):
        """The teams that the person is in."""
        return ask(self.demo, "GET", f"/teams?user_id={self.id}")["items"]

    def sessions(self):
        """The ids of the sessions in which the person is signed in."""
        items = ask(self.demo, "GET", f"/auth/sessions?user_id={self.id}")["items"]
        return {session["id"] for session in items}


def sign_in(demo, name):
    """The demo's ``USER1``, ``USER2`` or ``ADMIN``, on another device than before."""
    return _person(demo, "sign-in", demo[f"{name}_EMAIL"], demo[f"{name}_PASSWORD"])


def sign_up(demo):
    """Somebody whom no other test knows."""
    return _person(demo, "sign-up", f"{uuid4()}@example.com", PASSWORD)


def sign_in_again(person):
    """The same person, on another device."""
    return _person(person.demo, "sign-in", person.email, person.password)


def _person(demo, way, email, password):
    response = enter(demo, way, email, password)
    response.raise_for_status()
    tokens = response.json()
    return Person(demo, tokens["user_id"], email, password, tokens["refresh_token"])


def enter(demo, way, email, password):
    """The answer to a device on which somebody signs in or up."""
    return demo.request(
        "POST",
        f"/api/v1/auth/password/{way}",
        headers={
            "x-stack-access-type": "client",
            "x-stack-project-id": demo["STACK_PROJECT_ID"],
            "x-stack-publishable-client-key": demo["STACK_PUBLISHABLE_CLIENT_KEY"],
        },
        json={"email": email, "password": password},
    )
