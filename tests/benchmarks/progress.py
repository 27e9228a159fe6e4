"""A bar that shows how far it is."""

import sys
import time

WIDTH = 30


class Progress:
    """Writes to the standard error: one line that changes in a terminal, else one line a step."""

    def __init__(self) -> None:
        self.begin = time.monotonic()

    def tell(self, what: str, done: float) -> None:
        """Show that ``what`` has begun, and how much of the whole is done."""
        elapsed = time.monotonic() - self.begin
        filled = round(done * WIDTH)
        bar = "█" * filled + "░" * (WIDTH - filled)
        line = f"{bar} {done:4.0%} {elapsed / 60:4.0f} min  {what}"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{line}")
        else:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Show that all is done."""
        self.tell("done\n", 1)
