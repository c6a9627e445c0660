"""Docstrings to Markdown: the sections of Google's style, and examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SECTIONS = ("Args", "Attributes", "Returns", "Yields", "Raises", "Example", "Examples")
_HEADING = re.compile(rf"({'|'.join(SECTIONS)}):\s*$")
_ITEM = re.compile(r"(\*{0,2}[\w.]+(?:, \*{0,2}[\w.]+)*)(?: \([^)]*\))?:(?:\s+(.*))?$")
_LITERAL = re.compile(r"(``[^`]+``|`[^`]+`)")


@dataclass(frozen=True)
class Part:
    """A run of lines under one heading; the text before the first heading has none."""

    heading: str
    lines: list[str]


def first_line(docstring: str) -> str:
    """The line that says what it is, as Markdown."""
    paragraph = docstring.strip().split("\n\n", 1)[0]
    return escape(" ".join(paragraph.split()))


def markdown(docstring: str) -> str:
    """A cleaned docstring (`inspect.getdoc`) as Markdown."""
    blocks: list[str] = []
    for part in _parts(docstring):
        if part.heading and not part.heading.startswith("Example"):
            blocks.append(f"**{part.heading}**{{ .api-section }}")
        if part.heading in ("Args", "Attributes", "Raises"):
            blocks.append(_items(_dedent(part.lines)))
        else:
            lines = _dedent(part.lines) if part.heading else part.lines
            blocks += _blocks(lines)
    return "\n\n".join(block for block in blocks if block.strip())


def escape(text: str) -> str:
    """Text that means itself in Markdown, except for what stands between backticks."""
    pieces = _LITERAL.split(text)
    return "".join(
        piece if n % 2 else re.sub(r"([*_\[\]<>{}#|])", r"\\\1", piece).replace("\\<", "&lt;")
        for n, piece in enumerate(pieces)
    )


def _parts(docstring: str) -> Iterator[Part]:
    heading, lines = "", list[str]()
    for line in docstring.splitlines():
        found = _HEADING.match(line)
        leaves = heading and line and not line[0].isspace()
        if found or leaves:
            yield Part(heading, lines)
            heading, lines = (found[1], []) if found else ("", [line])
        else:
            lines.append(line)
    yield Part(heading, lines)


def _dedent(lines: list[str]) -> list[str]:
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    margin = min(indents, default=0)
    return [line[margin:] for line in lines]


def _items(lines: list[str]) -> str:
    """`name: what` entries, with lines that go on indented, as a list."""
    items: list[list[str]] = []
    for line in lines:
        found = _ITEM.match(line)
        if found and not line[0].isspace():
            names = ", ".join(f"`{name}`" for name in found[1].split(", "))
            items.append([f"- {names}: {escape(found[2] or '')}".rstrip()])
        elif items:
            items[-1].append(f"    {escape(line.strip())}".rstrip())
        elif line.strip():
            items.append([f"- {escape(line.strip())}"])
    return "\n".join("\n".join(item).rstrip() for item in items)


def _blocks(lines: list[str]) -> Iterator[str]:
    """Paragraphs, and the examples between them."""
    text: list[str] = []
    example: list[str] = []
    for line in [*lines, ""]:
        if line.startswith(">>> ") or (example and line.strip()):
            if text:
                yield _paragraphs(text)
                text = []
            example.append(line)
        elif example:
            yield _fenced(example)
            example = []
        else:
            text.append(line)
    if text:
        yield _paragraphs(text)


def _fenced(lines: list[str]) -> str:
    return "\n".join(["```pycon", *lines, "```"])


def _paragraphs(lines: list[str]) -> str:
    """Text as it stands; what is indented after a blank line is code."""
    out: list[str] = []
    code = False
    for number, line in enumerate(lines):
        if line.strip():
            blank_before = number == 0 or not lines[number - 1].strip()
            code = line.startswith("    ") and (code or blank_before)
        out.append(line if code else escape_line(line))
    return "\n".join(out).strip("\n")


def escape_line(line: str) -> str:
    """A line of prose; the dash or number of a list item stays."""
    found = re.match(r"(\s*(?:[-*] |\d+\. )?)(.*)$", line)
    assert found is not None
    return found[1] + escape(found[2])
