"""List the templates with their blocks and the variables they use, and the template tags."""

from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path

from django.template import Engine, Library, Template
from django.template.base import FilterExpression, Node, TokenType, Variable
from django.template.defaulttags import IfNode
from django.template.loader_tags import BlockNode
from django.template.smartif import TokenBase
from django.templatetags.i18n import BlockTranslateNode

import stack_apikeys
from reference.package import first_paragraph, markdown, modules, table

FROM_DJANGO = {"True", "block", "csrf_token", "forloop", "messages", "request"}
"""Names that Django itself adds to the context."""


def list_templates(folder: str) -> str:
    """Return a table of the templates in a folder: the blocks of each, and the variables it uses."""
    rows = []
    for root in sorted(Path(stack_apikeys.__file__).parent.rglob("templates")):
        for path in sorted(each for each in (root / folder).rglob("*") if each.is_file()):
            name = str(path.relative_to(root))
            template = Template(path.read_text(), name=name, engine=Engine.get_default())
            blocks = [node.name for node in template.nodelist.get_nodes_by_type(BlockNode)]
            variables = sorted({*_variables(template.nodelist, FROM_DJANGO)})
            rows.append((f"`{name}`", _code(blocks), _code(variables)))
    return table(["template", "blocks", "variables"], rows)


def list_tags() -> str:
    """Return a section for each template tag, and for each filter."""
    libraries = [
        module.register
        for module in modules()
        if isinstance(getattr(module, "register", None), Library)
    ]
    sections = [
        f"### `{{% {name} %}}`\n\n{markdown(tag.__doc__)}"
        for library in libraries
        for name, tag in library.tags.items()
    ]
    sections += [
        f"### `{name}`\n\nA filter. {first_paragraph(function.__doc__)}"
        for library in libraries
        for name, function in library.filters.items()
    ]
    return "\n\n".join(sections)


def _code(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _variables(nodes: Iterable[Node], bound: Set[str]) -> Iterator[str]:
    """Yield what nodes look up in the context, such as ``section.kind``, but for ``bound`` names."""
    for node in nodes:
        children = [name for name in node.child_nodelists if hasattr(node, name)]
        own = {name: value for name, value in vars(node).items() if name not in children}
        for name in _names(own):
            if name.split(".")[0] not in bound:
                yield name
        inner = bound | {*getattr(node, "loopvars", ())} | {*getattr(node, "extra_context", ())}
        if isinstance(node, BlockTranslateNode):
            tokens = [*node.singular, *node.plural]
            names = {token.contents for token in tokens if token.token_type is TokenType.VAR}
            yield from names - inner - {node.countervar}
        if isinstance(node, IfNode):
            for _condition, nodelist in node.conditions_nodelists:
                yield from _variables(nodelist, bound)
        for name in children:
            yield from _variables(getattr(node, name) or (), inner)
        bound = bound | _names_given_to_siblings(node)


def _names_given_to_siblings(node: Node) -> set[str]:
    """Return the names that a tag adds to the context: ``{% get_current_language as name %}``."""
    names = (getattr(node, attribute, None) for attribute in ("asvar", "target_var", "variable"))
    return {name for name in names if isinstance(name, str)}


def _names(value: object) -> Iterator[str]:
    """Yield the variables in expressions, wherever they are in a node's attributes."""
    if isinstance(value, FilterExpression):
        yield from _names(value.var)
        for _filter, arguments in value.filters:
            yield from _names([argument for is_lookup, argument in arguments if is_lookup])
    elif isinstance(value, Variable) and value.lookups:
        yield ".".join(value.lookups)
    elif isinstance(value, Mapping):
        yield from _names([*value.values()])
    elif isinstance(value, TokenBase):
        yield from _names(vars(value))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _names(item)
