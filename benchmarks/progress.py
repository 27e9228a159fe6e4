"""A progress bar."""

import sys
import time

WIDTH = 30


class Progress:
    """Progress on standard error: one line in a terminal, otherwise one line per step."""

    def __init__(self) -> None:
        self.begin = time.monotonic()

    def tell(self, what: str, done: float) -> None:
        """Show the step that begins, and the fraction that is done."""
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
        """Show that everything is done."""
        self.tell("done\n", 1)
