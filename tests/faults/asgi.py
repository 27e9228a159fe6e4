"""An application of FastAPI that verifies keys itself, with the example project beside it."""

import os

from django.core.asgi import get_asgi_application
from fastapi import FastAPI, Header, HTTPException

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.faults.settings")

django = get_asgi_application()

from stack_apikeys.usage.asgi import write_at_shutdown  # noqa: E402
from stack_apikeys.verification import aget_user, get_user  # noqa: E402  # Django must be set up

fastapi = FastAPI()


@fastapi.get("/asynchronous")
async def asynchronous(x_stack_api_key: str = Header()) -> dict[str, str]:
    return named(await aget_user(api_key=x_stack_api_key))


@fastapi.get("/synchronous")
def synchronous(x_stack_api_key: str = Header()) -> dict[str, str]:
    return named(get_user(api_key=x_stack_api_key))


def named(user) -> dict[str, str]:
    if user is None:
        raise HTTPException(status_code=401)
    return {"userId": str(user.pk)}


fastapi.mount("/", django)

application = write_at_shutdown(fastapi)
