"""The Markdown of the documentation: its pages, and the code blocks on them.

docs/contributing/documentation.md describes the conventions.
"""

import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

RUN = {"python", "sh"}
"""The languages of blocks that run."""

ALIASES = {"bash", "console", "py", "pycon", "shell", "shell-session", "zsh"}
"""Other names for these, which would let a block slip through."""

_FENCE = re.compile(r"(?P<indent>\s*)(?P<ticks>`{3,}|~{3,}|:{3,})(?P<info>.*)")
_CODE_BLOCK = re.compile(r"\{(?:code-block|code|sourcecode)\}\s*(?P<language>\S*)")
_OPTION = re.compile(r"\s*:(?P<name>[\w-]+):\s*(?P<value>.*)")
_COMMENT = re.compile(r"\s*<!--\s*(?P<text>.*?)\s*-->\s*")
_HIDDEN = re.compile(r"\s*<!-- (?P<language>python|sh|html|ini|text)(?: (?P<caption>\S+))?\s*")


@dataclass(frozen=True)
class Block:
    """A block of code, where it is, and what the page says about running it."""

    page: Path
    line: int  # of the first line of code
    language: str
    code: str
    caption: str = ""
    comment: str = ""  # what is inside the HTML comment directly above the block
    hidden: bool = False

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def marker(self, name: str) -> str:
        """What the comment says after ``name:``; an empty string if it is another comment."""
        key, _colon, value = self.comment.partition(":")
        return value.strip() if key == name else ""

    @property
    def is_output(self) -> bool:
        return self.comment == "output"

    @property
    def is_run(self) -> bool:
        if self.is_output or self.marker("not run"):
            return False
        return bool(self.caption) or self.language in RUN


def blocks(page: Path) -> Iterator[Block]:
    """The code blocks of a page, in its order."""
    lines = page.read_text().splitlines()
    directives: list[str] = []  # that are open, such as an admonition with blocks inside
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        if hidden := _HIDDEN.fullmatch(line):
            end = next(n for n in range(position, len(lines)) if lines[n].strip() == "-->")
            yield Block(
                page=page,
                line=position + 1,
                language=hidden["language"],
                code="\n".join(lines[position:end]) + "\n",
                caption=hidden["caption"] or "",
                hidden=True,
            )
            position = end + 1
        elif fence := _FENCE.fullmatch(line):
            info = fence["info"].strip()
            code_block = _CODE_BLOCK.fullmatch(info)
            if not info and directives and line.strip() == directives[-1]:
                directives.pop()
            elif (info.startswith("{") and not code_block) or fence["ticks"].startswith(":"):
                directives.append(fence["ticks"])
            else:
                end = _end(lines, position, fence["ticks"])
                yield _block(
                    page, lines, position, end, code_block["language"] if code_block else info
                )
                position = end + 1


def _end(lines: list[str], start: int, ticks: str) -> int:
    for number in range(start, len(lines)):
        closing = lines[number].strip()
        if closing.startswith(ticks) and not closing.strip(ticks[0]):
            return number
    raise ValueError(f"The block in line {start} is not closed.")


def _block(page: Path, lines: list[str], start: int, end: int, language: str) -> Block:
    above = next((line for line in reversed(lines[: start - 1]) if line.strip()), "")
    comment = _COMMENT.fullmatch(above)
    caption = ""
    while start < end and (option := _OPTION.fullmatch(lines[start])):
        if option["name"] == "caption":
            caption = option["value"].strip("` ")
        start += 1
    return Block(
        page=page,
        line=start + 1,
        language=language,
        code=textwrap.dedent("\n".join(lines[start:end]) + "\n"),
        caption=caption,
        comment=comment["text"] if comment else "",
    )


def expanded(page: Path) -> str:
    """The Markdown of a page, with the lists that Sphinx generates from the code."""
    # The extension needs Django, and no Sphinx.
    folder = str(ROOT / "docs" / "_ext")
    if folder not in sys.path:
        sys.path.append(folder)
    return import_module("reference").expand(page.read_text())
