"""What holds of the package as a whole, read from its sources."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import tidefall

ROOT = Path(tidefall.__file__).parent


def _modules() -> dict[str, Path]:
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = ("tidefall", *path.relative_to(ROOT).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _run_at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run while a module is imported."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from _run_at_import(node.orelse)
            continue
        yield node
        for name in ("body", "orelse", "finalbody"):
            yield from _run_at_import(getattr(node, name, []))
        for handler in getattr(node, "handlers", []):
            yield from _run_at_import(handler.body)


def _imports(source: str, modules: dict[str, Path]) -> set[str]:
    found: set[str] = set()
    for node in _run_at_import(ast.parse(source).body):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in modules else node.module)
    return found & modules.keys()


def test_no_module_needs_itself_while_it_is_imported():
    modules = _modules()
    graph = {name: _imports(path.read_text(), modules) - {name} for name, path in modules.items()}
    assert sum(map(len, graph.values())) > 3000
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"These modules import each other in a circle: {error.args[1]}")


def test_a_circle_would_be_found():
    graph = {
        "a": _imports("from b import c\ndef f():\n    import a", {"b.c": ROOT, "b": ROOT}),
        "b.c": _imports("try:\n    import a\nexcept ImportError:\n    pass", {"a": ROOT}),
    }
    assert graph == {"a": {"b.c"}, "b.c": {"a"}}
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()


TENSORFLOWS_NAMES = {"_DictWrapper", "_TupleWrapper"}
"""Classes whose names users see in TensorFlow's own messages."""


def _private_imports(source: str) -> set[str]:
    return {
        alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tidefall.")
        for alias in node.names
        if alias.name.startswith("_") and alias.name not in TENSORFLOWS_NAMES
    }


def test_no_module_imports_what_another_keeps_to_itself():
    found = {name: _private_imports(path.read_text()) for name, path in _modules().items()}
    assert {name: names for name, names in found.items() if names} == {}
    assert _private_imports("def f():\n    from tidefall.base.nest import _walk, flatten") == {
        "_walk"
    }


MAX_FILES = 26
"""Of one folder."""


def test_no_folder_is_a_pile():
    sizes = Counter(path.parent for path in _modules().values() if "_api" not in path.parts)
    assert {str(folder): n for folder, n in sizes.items() if n > MAX_FILES} == {}


def test_every_package_says_what_it_is_for():
    silent = [
        name
        for name, path in _modules().items()
        if path.name == "__init__.py" and not (ast.get_docstring(ast.parse(path.read_text())) or "")
    ]
    assert silent == []


_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):\n( *)\S", re.MULTILINE)


def _dialect(text: str) -> list[str]:
    """What a docstring does otherwise than all others."""
    found = [
        f"{name}: by {len(indent)}" for name, indent in _SECTION.findall(text) if len(indent) != 4
    ]
    return found + re.findall(r"^Examples?:$", text, re.MULTILINE)


def test_docstrings_speak_one_dialect():
    """Sections are indented by four spaces; an example needs no title."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [
        f"{name}:{getattr(node, 'lineno', 1)} {problem}"
        for name, path in _modules().items()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, kinds)
        for problem in _dialect(ast.get_docstring(node) or "")
    ]
    assert found == []
    assert _dialect("Add.\n\nArgs:\n  x: one.\n\nExample:\n  >>> 1") == ["Args: by 2", "Example:"]
