# Short commands for contributors; `just` lists them.

[private]
default:
    @just --list --unsorted

# Set up .venv with everything that a contributor needs.
setup:
    python3 -m venv .venv && .venv/bin/pip install --upgrade pip && .venv/bin/pip install -e ".[test]" --group dev

# Run the tests, for example `just test -k revoke`.
test *arguments:
    .venv/bin/pytest -n auto {{ arguments }}

# Format the code.
format:
    .venv/bin/ruff format . && .venv/bin/ruff check --fix .

# Check style and types and build the documentation, or run other sessions: `just check -s wheel`.
check *arguments:
    .venv/bin/nox {{ arguments }}

# Serve the demo.
demo:
    .venv/bin/python manage.py demo

# Run everything, as CI does.
all:
    bash .ci/run
