"""What a backend asks the demo."""


def ask(demo, method, path, **options):
    """What the API answers, which is no error."""
    response = demo.request(method, f"/api/v1{path}", headers=demo.server_access, **options)
    response.raise_for_status()
    return response.json()


def check(demo, kind, value):
    """The answer about a key that somebody has sent to the backend."""
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
