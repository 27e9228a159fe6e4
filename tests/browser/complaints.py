"""Errors that a browser reports without showing them."""

from urllib.parse import urlsplit

REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} forbids ${event.blockedURI}`);
});
"""


class Complaints:
    """Console errors and warnings, uncaught errors, CSP violations and requests to other hosts."""

    def __init__(self):
        self.heard = []
        self.expected = []

    def expect(self, text):
        """Ignore console messages that contain this text or URL."""
        self.expected.append(text)

    def listen(self, context, site):
        """Collect the complaints of all pages of the context."""
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.heard.append(str(error.error)))
        context.on("request", lambda request: self._on_request(request, site))

    def _on_console(self, message):
        if message.type not in ("error", "warning"):
            return
        said = f"{message.type}: {message.text} {message.location['url']}"
        if not any(text in said for text in self.expected):
            self.heard.append(said)

    def _on_request(self, request, site):
        url = urlsplit(request.url)
        if url.scheme in ("http", "https") and url.port != urlsplit(site).port:
            self.heard.append(f"request to another host: {request.url}")
