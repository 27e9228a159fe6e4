"""Built applications, served as any static host does it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.server import HOST, free_port


class Pages(SimpleHTTPRequestHandler):
    """Answers every address that is no file with the one page, which reads the address itself."""

    def translate_path(self, path):
        file = Path(super().translate_path(path))
        return str(file if file.is_file() else Path(self.directory, "index.html"))

    def copyfile(self, source, outputfile):
        with suppress(ConnectionError):  # a browser that goes elsewhere meanwhile
            super().copyfile(source, outputfile)

    def log_message(self, *_args):
        """Nothing: the tests look at the browser."""


@contextmanager
def serve_pages(folder: Path) -> Iterator[str]:
    """The address of the application in ``folder``, until the block ends."""
    with (
        free_port() as port,
        ThreadingHTTPServer((HOST, port), partial(Pages, directory=folder)) as server,
    ):
        Thread(target=server.serve_forever).start()
        yield f"http://{HOST}:{port}"
        server.shutdown()
