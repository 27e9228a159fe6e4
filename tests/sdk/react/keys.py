"""What a backend does with keys, and learns of them."""

from tests.sdk.react.people import ask


def check(demo, kind, value):
    """The answer to a backend that was given this key."""
    return demo.request(
        "POST",
        f"/api/v1/{kind}-api-keys/check",
        headers=demo.server_access,
        json={"api_key": value},
    )


def list_keys(demo, kind):
    """All keys of the first user or of the team, newest first."""
    return ask(demo, "GET", f"/{kind}-api-keys?{kind}_id={demo.owner(kind)}")["items"]


def revoke(demo, kind, api_key):
    """Revoke a key."""
    ask(demo, "PATCH", f"/{kind}-api-keys/{api_key['id']}", json={"revoked": True})
