"""What a browser finds wrong with a page that looks right."""

from urllib.parse import urlsplit

REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} forbids ${event.blockedURI}`);
});
"""


class Complaints:
    """Errors and warnings of the console, uncaught errors, CSP violations, other people's hosts."""

    def __init__(self):
        self.heard = []
        self.expected = []

    def expect(self, text):
        """A message of the console with this text, or about this address, is no complaint."""
        self.expected.append(text)

    def listen(self, context, site):
        """Hear all that the context's pages complain about."""
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
