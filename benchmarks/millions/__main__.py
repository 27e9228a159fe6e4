"""``python -m benchmarks.millions``: fill the database in ``DATABASE_URL``."""

import argparse
import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.millions.settings"


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.millions", description=__doc__)
    parser.add_argument("--keys", type=int, default=10_000_000, help="user keys (%(default)s)")
    options = parser.parse_args()
    django.setup()
    from benchmarks.millions.fill import fill

    fill(options.keys)


if __name__ == "__main__":
    main()
