"""For servers that end a process by the signal itself, such as uvicorn.

They run no code at the end of a process but the ASGI application's, on the event of the lifespan
protocol. Django does not take part in it, so wrap its application in ``asgi.py``::

    application = write_at_shutdown(get_asgi_application())

An application of another framework calls ``recorder.write()`` in its own handler of that event.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from stack_apikeys._asynchronous import run_in_thread
from stack_apikeys.usage.recorder import recorder

Application = Callable[[Any, Any, Any], Awaitable[None]]


def write_at_shutdown(application: Application) -> Application:
    """Return an application that also writes what was counted when the server shuts down."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await application(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await run_in_thread(recorder.write)
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    return wrapped
