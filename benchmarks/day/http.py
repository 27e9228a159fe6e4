"""Requests to the site, each by a connection of its own, as from a proxy."""

import json
import socket

HOST = "127.0.0.1"

SERVER_KEY = "ssk_of_the_benchmarks_0123456789abcdef0123456789abcdef"

PATIENCE = 300
"""Seconds to wait for a response."""


def ask(
    port: int, method: str, path: str, headers: dict[str, str], body: object = None
) -> tuple[int, bytes]:
    """Return the status and the body of the response; the status 0 where none came back whole."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    try:
        with socket.create_connection((HOST, port), timeout=PATIENCE) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + content)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
    except OSError:
        return 0, b""
    head, end, text = received.partition(b"\r\n\r\n")
    return (int(head[9:12]), text) if end else (0, b"")


def use(port: int, value: str, address: str) -> int:
    """Send a request with a key, and return the status."""
    headers = {"X-Stack-Api-Key": value, "X-Forwarded-For": address}
    return ask(port, "GET", "/invoices", headers)[0]


def change(port: int, method: str, path: str, body: object) -> tuple[int, dict[str, str]]:
    """Ask the HTTP API as a backend does, and return the status and the key."""
    headers = {
        "X-Stack-Access-Type": "server",
        "X-Stack-Project-Id": "internal",
        "X-Stack-Secret-Server-Key": SERVER_KEY,
    }
    status, text = ask(port, method, f"/api/v1/user-api-keys{path}", headers, body)
    return status, json.loads(text) if status == 200 else {}
