"""What a browser finds wrong with a page, and what the package tells of errors."""

KNOWN = [
    # The package loads a script from there on every page, and does without.
    "https://js.stripe.com/",
]


class Complaints:
    """Uncaught errors, errors of the console, and dialogs, by which the package tells of others."""

    def __init__(self):
        self.heard = []
        self.expected = [*KNOWN]

    def expect(self, text):
        """What holds this text is no complaint."""
        self.expected.append(text)

    def on_weberror(self, error):
        self._hear(f"uncaught: {error.error}")

    def on_console(self, message):
        if message.type == "error":
            self._hear(f"{message.text} {message.location['url']}")

    def on_dialog(self, dialog):
        self._hear(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    def _hear(self, said):
        if not any(text in said for text in self.expected):
            self.heard.append(said)
