"""What the site's processes, and the program that attacks them, have in common."""

import secrets
from pathlib import Path

SECRETS = {
    name: secrets.token_hex(24)
    for name in (
        *("SECRET_KEY", "STACK_PUBLISHABLE_CLIENT_KEY", "STACK_SECRET_SERVER_KEY"),
        *("STACK_SUPER_SECRET_ADMIN_KEY", "STACK_APIKEYS_PEPPER"),
    )
}

PROJECT_ID = "6b1fd2a4-0c3e-4f7a-9d58-2e9a7c41b0f6"


def environment(url: str, folder: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "DATABASE_URL": url,
        "DEBUG": "False",
        "EMAIL_FOLDER": str(folder / "reports"),
        "FAULTS_HEARD": str(folder / "heard"),
        "STACK_PROJECT_ID": PROJECT_ID,
        **{name: text for name, text in SECRETS.items() if name != "STACK_APIKEYS_PEPPER"},
        "STACK_APIKEYS_PEPPERS": f"1={SECRETS['STACK_APIKEYS_PEPPER']}",
    }
