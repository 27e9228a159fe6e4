"""Read the package: its modules, and what their docstrings say."""

import ast
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from itertools import pairwise
from types import ModuleType

import stack_apikeys


def modules() -> Iterator[ModuleType]:
    """Import and yield every module, but for those that need a package that is not installed."""
    yield stack_apikeys
    for found in pkgutil.walk_packages(stack_apikeys.__path__, "stack_apikeys."):
        if ".migrations" in found.name:
            continue
        try:
            yield import_module(found.name)
        except ModuleNotFoundError as error:
            if str(error.name).startswith("stack_apikeys"):
                raise


def attribute_docs(owner: ModuleType | type) -> Mapping[str, str]:
    """Return the strings below the assignments in a module or a class, by the assigned name."""
    body = ast.parse(inspect.getsource(owner)).body
    if isinstance(owner, type):
        body = [part for statement in body for part in getattr(statement, "body", ())]
    docs = {}
    for statement, following in pairwise(body):
        match statement, following:
            case (
                ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                docs[name] = inspect.cleandoc(text)
    return docs


def first_paragraph(text: str | None) -> str:
    """Return the first paragraph of a docstring, in one line of Markdown."""
    return " ".join(markdown(text).split("\n\n")[0].split())


def markdown(text: str | None) -> str:
    """Return a docstring as Markdown."""
    return inspect.cleandoc(text or "").replace("``", "`")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown."""
    head = [*head]
    return "\n".join(_row(cells) for cells in [head, ["---"] * len(head), *rows])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
