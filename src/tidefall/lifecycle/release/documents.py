"""YAML files as frozen dataclasses; what is wrong is told with the file, the line and the key.

The fields of a dataclass are the keys of the file. A class may have `problems()`, which yields
`(key, what was expected)` for values that do not fit together.
"""

from __future__ import annotations

import dataclasses
import math
import re
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NewType, Protocol, TypeVar

from tidefall.base import errors

Seconds = NewType("Seconds", float)
"""A time: a number of seconds, or text such as "90s", "15m", "1h", "30d"."""

_UNITS = {"": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_T = TypeVar("_T")


class Checked(Protocol):
    """A class that says what is wrong with its values."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield keys and what was expected of them."""
        ...


def read_document(path: str | Path, kind: type[_T]) -> _T:
    """Return a YAML (or JSON) file as a dataclass.

    Args:
        path: the file.
        kind: the dataclass.

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: it is no YAML, or not what was expected; names the line and the key.
        FailedPreconditionError: PyYAML is not installed.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise errors.NotFoundError(None, None, f"there is no file {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise errors.InvalidArgumentError(None, None, f"{path} cannot be read: {error}") from None
    return parse_document(text, kind, str(path))


def parse_document(text: str, kind: type[_T], name: str) -> _T:
    """Return YAML text as a dataclass; see `read_document`.

    >>> @dataclasses.dataclass(frozen=True)
    ... class Wait:
    ...     seconds: Seconds
    >>> parse_document("seconds: 5m", Wait, "wait.yaml")
    Wait(seconds=300.0)
    """
    yaml = _yaml()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        reason = getattr(error, "problem", None) or type(error).__name__
        message = f"{where}: expected YAML: {reason}"
        raise errors.InvalidArgumentError(None, None, message) from None
    return _Reader(name, yaml).value(node, kind, "", 1)


def _yaml() -> Any:
    try:
        import yaml
    except ModuleNotFoundError as error:
        message = f"this needs the package PyYAML ({error}): pip install 'tidefall[release]'"
        raise errors.FailedPreconditionError(None, None, message) from None
    return yaml


class _Reader:
    """Makes values of YAML's nodes."""

    def __init__(self, name: str, yaml: Any) -> None:
        self._name, self._yaml = name, yaml

    def refuse(self, line: int, key: str, message: str) -> errors.InvalidArgumentError:
        where = f"{self._name}:{line}: " + (f"{key}: " if key else "")
        return errors.InvalidArgumentError(None, None, where + message)

    def value(self, node: Any, kind: Any, key: str, line: int) -> Any:
        """A node as a type."""
        origin, given = typing.get_origin(kind), typing.get_args(kind)
        if origin in (typing.Union, types.UnionType):
            if self._is_null(node):
                return None
            [kind] = [one for one in given if one is not type(None)]
            return self.value(node, kind, key, line)
        if dataclasses.is_dataclass(kind):
            return self._record(node, kind, key, line)
        if origin is tuple:
            return self._tuple(node, given[0], key, line)
        if origin is Mapping or (isinstance(origin, type) and issubclass(origin, Mapping)):
            pairs = self._pairs(node, key, line)
            return {
                name: self.value(item, given[1], f"{key}.{name}", _line(item))
                for name, (_, item) in pairs.items()
            }
        return self._scalar(node, kind, key, line)

    def _is_null(self, node: Any) -> bool:
        return node is None or node.tag == "tag:yaml.org,2002:null"

    def _record(self, node: Any, kind: Any, key: str, line: int) -> Any:
        pairs = self._pairs(node, key, line)
        known = {field.name: field for field in dataclasses.fields(kind)}
        hints, prefix = typing.get_type_hints(kind), f"{key}." if key else ""
        for name, (at, _) in pairs.items():
            if name not in known:
                expected = ", ".join(known)
                raise self.refuse(_line(at), prefix + name, f"unknown; expected {expected}")
        for name, field in known.items():
            optional = dataclasses.MISSING
            if field.default is optional and field.default_factory is optional:
                if name not in pairs:
                    raise self.refuse(line, prefix + name, "is missing")
        values = {
            name: self.value(item, hints[name], prefix + name, _line(item))
            for name, (_, item) in pairs.items()
        }
        made = kind(**values)
        problems = getattr(made, "problems", None)
        for name, message in problems() if problems else ():
            at = _line(pairs[name][0]) if name in pairs else line
            raise self.refuse(at, prefix + name, message)
        return made

    def _pairs(self, node: Any, key: str, line: int) -> dict[str, tuple[Any, Any]]:
        if not isinstance(node, self._yaml.MappingNode):
            raise self.refuse(line, key, f"expected keys and values, received {self._shown(node)}")
        found: dict[str, tuple[Any, Any]] = {}
        for name, item in node.value:
            if not isinstance(name, self._yaml.ScalarNode):
                raise self.refuse(_line(name), key, "expected a name as key")
            if name.value in found:
                raise self.refuse(_line(name), f"{key}.{name.value}".strip("."), "is there twice")
            found[name.value] = name, item
        return found

    def _tuple(self, node: Any, kind: Any, key: str, line: int) -> tuple[Any, ...]:
        if not isinstance(node, self._yaml.SequenceNode):
            raise self.refuse(line, key, f"expected a list, received {self._shown(node)}")
        return tuple(
            self.value(item, kind, f"{key}[{place}]", _line(item))
            for place, item in enumerate(node.value)
        )

    def _shown(self, node: Any) -> str:
        if isinstance(node, self._yaml.ScalarNode):
            return repr(node.value[:60])
        return "nothing" if node is None else f"a {node.id}"

    def _plain(self, node: Any) -> Any:
        """What YAML makes of a scalar; None where it makes nothing of it."""
        try:
            return self._yaml.SafeLoader("").construct_object(node)
        except (self._yaml.YAMLError, ValueError, OverflowError):
            return None

    def _scalar(self, node: Any, kind: Any, key: str, line: int) -> Any:
        expected = _EXPECTED[kind]
        if not isinstance(node, self._yaml.ScalarNode) or self._is_null(node):
            shown = "nothing" if self._is_null(node) else self._shown(node)
            raise self.refuse(line, key, f"expected {expected}, received {shown}")
        if kind is str:
            return node.value  # A number or a date, too, is what was written.
        if kind is Seconds:
            match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|[smhd]?)", node.value.strip())
            if match:
                return float(match[1]) * _UNITS[match[2]]
        else:
            made = self._plain(node)
            if kind is bool and isinstance(made, bool):
                return made
            if kind is int and isinstance(made, int) and not isinstance(made, bool):
                return made
            # JSON's 1e-05 is text to YAML 1.1.
            if kind is float and _NUMBER.fullmatch(node.value) and math.isfinite(float(node.value)):
                return float(node.value)
        raise self.refuse(line, key, f"expected {expected}, received {self._shown(node)}")


_EXPECTED: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Seconds: "a time such as 90s, 15m or 1h",
}


def _line(node: Any) -> int:
    return 1 if node is None else node.start_mark.line + 1


def between(value: float, low: float, high: float) -> str:
    """Return what is wrong with a number that is to lie between two; "" where nothing is."""
    if low <= value <= high:
        return ""
    if math.isinf(high):
        return f"expected {low:g} or more, received {value:g}"
    return f"expected {low:g} to {high:g}, received {value:g}"
