"""Expressions over what is known only when a pipeline runs."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from tidefall.lifecycle.pipelines.failures import invalid
from tidefall.lifecycle.pipelines.types.artifact import Artifact, ValueArtifact


class Placeholder:
    """An expression; `evaluate` gives its value, `channels` what it depends on."""

    def evaluate(self, scope: Any) -> Any:
        """Return the value, given a `Scope`."""
        raise NotImplementedError

    def parts(self) -> tuple[Any, ...]:
        """Return the expressions this one is made of."""
        return ()

    def text(self) -> str:
        """Return what it is, for people."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.text()

    def _compared(self, name: str, other: Any) -> Predicate:
        return Predicate(name, self, other)

    def __eq__(self, other: object) -> Predicate:  # type: ignore[override]
        return self._compared("==", other)

    def __ne__(self, other: object) -> Predicate:  # type: ignore[override]
        return self._compared("!=", other)

    def __lt__(self, other: Any) -> Predicate:
        return self._compared("<", other)

    def __le__(self, other: Any) -> Predicate:
        return self._compared("<=", other)

    def __gt__(self, other: Any) -> Predicate:
        return self._compared(">", other)

    def __ge__(self, other: Any) -> Predicate:
        return self._compared(">=", other)

    def __add__(self, other: Any) -> Placeholder:
        return Join(self, other)

    def __radd__(self, other: Any) -> Placeholder:
        return Join(other, self)

    def __getitem__(self, key: Any) -> Placeholder:
        return Step(self, f"[{key!r}]", lambda value: value[key])

    def __bool__(self) -> bool:
        raise invalid(
            f"{self.text()} is not known before the pipeline runs; use it in Cond, or compare it"
        )

    __hash__ = object.__hash__

    @property
    def uri(self) -> Placeholder:
        return Step(self, ".uri", lambda one: _artifact(one).uri)

    @property
    def value(self) -> Placeholder:
        return Step(self, ".value", _value)

    def property(self, key: str) -> Placeholder:
        """Return a property of the artifact."""
        return Step(self, f".property({key!r})", lambda one: _artifact(one).properties.get(key))

    def custom_property(self, key: str) -> Placeholder:
        """Return a custom property of the artifact."""
        read = lambda one: _artifact(one).custom_properties.get(key)  # noqa: E731
        return Step(self, f".custom_property({key!r})", read)

    def split_uri(self, split: str) -> Placeholder:
        """Return the folder of a split of the artifact."""
        return Step(self, f".split_uri({split!r})", lambda one: _artifact(one).path(split=split))


def _artifact(one: Any) -> Any:
    one = one[0] if isinstance(one, list) and len(one) == 1 else one
    if not isinstance(one, Artifact):
        raise invalid(f"an artifact is wanted, got {one!r}; take one of several by [0]")
    return one


def _value(one: Any) -> Any:
    found = _artifact(one)
    if not isinstance(found, ValueArtifact):
        raise invalid(f"{found!r} holds no value; only artifacts such as String and Float do")
    return found.read()


class ChannelValue(Placeholder):
    """The artifacts in a channel."""

    def __init__(self, channel: Any):
        self.channel = channel

    def evaluate(self, scope: Any) -> Any:
        return scope.artifacts(self.channel)

    def text(self) -> str:
        return f"{self.channel!r}.future()"


class Name(Placeholder):
    """`input("x")`, `output("x")`, `exec_property("x")` of the node that runs."""

    def __init__(self, kind: str, key: str):
        self.kind, self.key = kind, key

    def evaluate(self, scope: Any) -> Any:
        return scope.named(self.kind, self.key)

    def text(self) -> str:
        return f"{self.kind}({self.key!r})"


class Step(Placeholder):
    """Something taken from the value of another expression."""

    def __init__(self, base: Placeholder, words: str, read: Callable[[Any], Any]):
        self._base, self._words, self._read = base, words, read

    def parts(self) -> tuple[Any, ...]:
        return (self._base,)

    def evaluate(self, scope: Any) -> Any:
        try:
            return self._read(self._base.evaluate(scope))
        except (IndexError, KeyError, TypeError, AttributeError) as error:
            raise invalid(f"{self.text()} has no value: {error}") from error

    def text(self) -> str:
        return self._base.text() + self._words


class Join(Placeholder):
    """Two texts, one behind the other."""

    def __init__(self, left: Any, right: Any):
        self._sides = left, right

    def parts(self) -> tuple[Any, ...]:
        return self._sides

    def evaluate(self, scope: Any) -> Any:
        left, right = (evaluated(side, scope) for side in self._sides)
        return f"{left}{right}"

    def text(self) -> str:
        return " + ".join(str(side) for side in self._sides)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "and": lambda a, b: a and b, "or": lambda a, b: a or b,
    "not": lambda a, _: not a,
}  # fmt: skip


class Predicate(Placeholder):
    """True or false."""

    def __init__(self, name: str, left: Any, right: Any = None):
        self._name, self._left, self._right = name, left, right

    def parts(self) -> tuple[Any, ...]:
        return self._left, self._right

    def evaluate(self, scope: Any) -> bool:
        left, right = evaluated(self._left, scope), evaluated(self._right, scope)
        try:
            return bool(_COMPARISONS[self._name](left, right))
        except TypeError as error:
            raise invalid(f"{self.text()} cannot be compared: {error}") from None

    def text(self) -> str:
        if self._name == "not":
            return f"not ({self._left})"
        return f"({self._left} {self._name} {self._right})"


def logical_and(left: Predicate, right: Predicate) -> Predicate:
    """Return whether both are true."""
    return Predicate("and", left, right)


def logical_or(left: Predicate, right: Predicate) -> Predicate:
    """Return whether either is true."""
    return Predicate("or", left, right)


def logical_not(predicate: Predicate) -> Predicate:
    """Return whether it is false."""
    return Predicate("not", predicate)


def evaluated(value: Any, scope: Any) -> Any:
    """Return a value, or what an expression comes to."""
    return value.evaluate(scope) if isinstance(value, Placeholder) else value


def channels_of(value: Any) -> Iterator[Any]:
    """Yield the channels that an expression depends on."""
    if isinstance(value, ChannelValue):
        yield value.channel
    elif isinstance(value, Placeholder):
        for part in value.parts():
            yield from channels_of(part)


def input(key: str) -> Placeholder:
    """Return the artifacts of an input of the node."""
    return Name("input", key)


def output(key: str) -> Placeholder:
    """Return the artifacts of an output of the node."""
    return Name("output", key)


def exec_property(key: str) -> Placeholder:
    """Return a parameter of the node."""
    return Name("exec_property", key)
