"""List the system checks, with the messages in their source."""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from django.core.checks import Tags
from django.core.checks.registry import registry

from reference.package import table

ID = re.compile(r"stack_apikeys(?:_\w+)?\.[EW]\d{3}")


@dataclass(frozen=True, order=True)
class Check:
    """One message of a system check, as its source has it."""

    id: str
    message: str
    hint: str
    option: str
    """The option of ``manage.py check`` that runs it, if it needs one."""


def list_checks() -> str:
    """Return a table of every message that a registered check can return, with its hint."""
    by_id: dict[str, list[Check]] = {}
    for check in sorted({*checks()}):
        by_id.setdefault(check.id, []).append(check)
    return table(
        ["id", "message", "runs with"],
        ((f"`{id_}`", _message(same), _option(same)) for id_, same in by_id.items()),
    )


def _message(same: list[Check]) -> str:
    messages = dict.fromkeys(check.message for check in same)
    hints = dict.fromkeys(f"*{check.hint}*" for check in same if check.hint)
    return "<br>".join([*messages, *hints])


def _option(same: list[Check]) -> str:
    return f"`{same[0].option}`" if same[0].option else ""


def checks() -> Iterator[Check]:
    """Yield the messages of every registered check of the package, as far as its module has them."""
    for function in [*registry.registered_checks, *registry.deployment_checks]:
        if not function.__module__.startswith("stack_apikeys"):
            continue
        option = ""
        if function in registry.deployment_checks:
            option = "--deploy"
        elif Tags.database in function.tags:
            option = "--database"
        module = import_module(function.__module__)
        for call in _calls(module, function.__name__):
            for id_, message, hint in _messages(module, call):
                yield Check(id_, message, hint, option)


def _definitions(module: ModuleType) -> Mapping[str, ast.AST]:
    """Return what a module defines at its top level, by name."""
    definitions: dict[str, ast.AST] = {}
    for statement in ast.parse(inspect.getsource(module)).body:
        match statement:
            case ast.FunctionDef(name=name):
                definitions[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                definitions[name] = statement
    return definitions


def _calls(module: ModuleType, name: str) -> Iterator[ast.Call]:
    """Yield every call in a function, and in whatever it uses from the same module."""
    definitions = _definitions(module)
    names, seen = [name], set()
    while names:
        name = names.pop()
        if name in seen or name not in definitions:
            continue
        seen.add(name)
        for node in ast.walk(definitions[name]):
            if isinstance(node, ast.Name):
                names.append(node.id)
            elif isinstance(node, ast.Call):
                yield node


def _messages(module: ModuleType, call: ast.Call) -> Iterator[tuple[str, str, str]]:
    """Yield id, message and hint of a call that makes a message, or of a helper that is given an id."""
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    ids = [
        argument.value
        for argument in arguments
        if isinstance(argument, ast.Constant) and ID.fullmatch(str(argument.value))
    ]
    if not ids or not isinstance(call.func, ast.Name):
        return
    message, hint = _text_of(module, call)
    if not _makes_a_message(call):
        helper = _definitions(module)[call.func.id]
        made = next(n for n in ast.walk(helper) if isinstance(n, ast.Call) and _makes_a_message(n))
        message, hint = _text_of(module, made)
    yield str(ids[0]), message, hint


def _makes_a_message(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in {"Error", "Warning"}


def _text_of(module: ModuleType, call: ast.Call) -> tuple[str, str]:
    hints = [keyword.value for keyword in call.keywords if keyword.arg == "hint"]
    return _text(module, call.args[0]), _text(module, hints[0]) if hints else ""


def _text(module: ModuleType, node: ast.expr) -> str:
    """Return a string in the source. ``…`` is in the place of what is known only when it runs."""
    match node:
        case ast.Constant(value=value):
            text = "" if value is None else str(value)
        case ast.JoinedStr(values=values):
            text = "".join(_text(module, value) for value in values)
        case ast.Name(id=name) if isinstance(getattr(module, name, None), str | int):
            text = str(getattr(module, name))
        case ast.FormattedValue(value=value) | ast.IfExp(body=value):
            text = _text(module, value)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            text = _text(module, left) + _text(module, right)
        case _:
            text = "…"
    return text
