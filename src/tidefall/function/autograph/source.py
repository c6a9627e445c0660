"""The syntax tree of a function, found through its code object."""

from __future__ import annotations

import ast
import linecache
from types import CodeType
from typing import NamedTuple

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class SourceUnavailable(Exception):
    """The source code of a function cannot be found or does not match it."""


class SourceLocation(NamedTuple):
    """Where a function stands in a file; positions are those of `ast`."""

    start: int
    """First line, decorators included: the `co_firstlineno` of its code."""
    name: str
    lineno: int
    column: int
    end_lineno: int
    end_column: int
    parameters: tuple[str, ...]
    body: tuple[int, int, int, int]
    """Position of a lambda's body."""
    owner: str | None
    """The innermost class around it, for names such as `__private`."""


_locations: dict[str, tuple[list[str], dict[int, list[SourceLocation]]]] = {}


def definition_of(code: CodeType) -> tuple[Definition, str | None]:
    """The syntax tree of the function with this code, and the class that it was written in.

    The tree is the caller's own. Its lines and columns are those of the file.

    Raises:
        SourceUnavailable: the file cannot be read, or holds something else by now.
    """
    lines = _lines(code.co_filename)
    location = _match(code, _locations_in(code.co_filename, lines).get(code.co_firstlineno, []))
    if location.name == "<lambda>":
        return _parse_lambda(lines, location), location.owner
    return _parse_def(lines, location), location.owner


def _lines(filename: str) -> list[str]:
    linecache.checkcache(filename)
    lines = linecache.getlines(filename)
    if not lines:
        raise SourceUnavailable(f"the source code of {filename} is not available")
    return lines


def _locations_in(filename: str, lines: list[str]) -> dict[int, list[SourceLocation]]:
    """All functions of a file by their first line. A file is parsed once."""
    known = _locations.get(filename)
    if known is not None and known[0] == lines:
        return known[1]
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError as error:
        raise SourceUnavailable(f"{filename} cannot be parsed: {error}") from None
    found: dict[int, list[SourceLocation]] = {}
    _collect(tree, None, found)
    _locations[filename] = (list(lines), found)  # notebooks may change theirs in place
    return found


def _collect(node: ast.AST, owner: str | None, found: dict[int, list[SourceLocation]]) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            location = _location(child, owner)
            found.setdefault(location.start, []).append(location)
        _collect(child, child.name if isinstance(child, ast.ClassDef) else owner, found)


def _location(node: Definition, owner: str | None) -> SourceLocation:
    assert node.end_lineno is not None and node.end_col_offset is not None
    args = node.args
    parameters = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    if isinstance(node, ast.Lambda):
        name, start, body = "<lambda>", node.lineno, _span(node.body)
    else:
        name, body = node.name, (0, 0, 0, 0)
        start = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return SourceLocation(
        start,
        name,
        node.lineno,
        node.col_offset,
        node.end_lineno,
        node.end_col_offset,
        tuple(a.arg for a in parameters),
        body,
        owner,
    )


def _span(node: ast.expr) -> tuple[int, int, int, int]:
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0


def _match(code: CodeType, locations: list[SourceLocation]) -> SourceLocation:
    parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    found = [
        p
        for p in locations
        if p.name == code.co_name
        and [*map(_unmangled, p.parameters)] == [*map(_unmangled, parameters)]
    ]
    if len(found) > 1 and code.co_name == "<lambda>":
        around = [p for p in found if _spans(p, code)]
        found = sorted(around, key=lambda p: (p.end_lineno - p.lineno, p.end_column - p.column))[:1]
    if not found:
        raise SourceUnavailable(
            f"{code.co_filename} has no function {code.co_name} at line {code.co_firstlineno}; "
            "has it changed since it was imported?"
        )
    if len(found) > 1:
        raise SourceUnavailable(
            f"there are {len(found)} functions that could be {code.co_name} at "
            f"{code.co_filename}:{code.co_firstlineno}"
        )
    return found[0]


def _spans(location: SourceLocation, code: CodeType) -> bool:
    """Whether all instructions of a lambda stand inside of the body at a place."""
    line, column, end_line, end_column = location.body
    for row, end, first, last in code.co_positions():
        if row is None or end is None or first is None or last is None or first == last:
            continue  # instructions that belong to no expression
        if (row, first) < (line, column) or (end, last) > (end_line, end_column):
            return False
    return True


def _unmangled(name: str) -> str:
    """A parameter's name without the class that Python puts before `__private` ones."""
    if name.startswith("_") and "__" in name[1:] and not name.endswith("__"):
        return name[name.index("__", 1) :]
    return name


def _parse_def(lines: list[str], location: SourceLocation) -> Definition:
    # `if 1:` takes the indentation of a nested function, so that no string in it changes.
    block = "".join(lines[location.start - 1 : location.end_lineno])
    tree = ast.parse("if 1:\n" + block if block[:1] in " \t" else "\n" + block)
    ast.increment_lineno(tree, location.start - 2)
    outer = tree.body[0]
    node = outer.body[0] if isinstance(outer, ast.If) else outer
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return node


def _parse_lambda(lines: list[str], location: SourceLocation) -> Definition:
    rows = [line.encode() for line in lines[location.lineno - 1 : location.end_lineno]]
    rows[-1] = rows[-1][: location.end_column]
    rows[0] = rows[0][location.column :]
    tree = ast.parse(b"(" + b"".join(rows) + b"\n)", mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.arg):
            first, last = node.lineno == 1, node.end_lineno == 1
            node.lineno += location.lineno - 1
            node.col_offset += location.column - 1 if first else 0
            if node.end_lineno is not None and node.end_col_offset is not None:
                node.end_lineno += location.lineno - 1
                node.end_col_offset += location.column - 1 if last else 0
    assert isinstance(tree.body, ast.Lambda)
    return tree.body
