"""What running an op does besides computing its outputs: declared with the op, asked by every pass.

An op that does nothing else is `PURE`. The others say what they do, in one expression:

    op("AssignAddVariableOp", effects=writes("resource"), ...)
    op("RandomUniform", effects=DRAWS, ...)
    op("TensorArrayGradV3", effects=MAKES | writes("handle"), ...)

`tidefall.graph.analysis` applies this to nodes, functions and graphs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

_NO_NAMES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Effects:
    """What an op does. Two of them are joined by `|`.

    Attributes:
        reads: names of the inputs whose resource it looks at.
        writes: names of the inputs whose resource it changes, or looks at and changes.
        calls: names of the inputs that it passes to the functions among its attributes, which it
            calls: its effects are theirs.
        keeps: it keeps the functions among its attributes for later, as datasets do.
        refers: it gives the handle of a resource that outlives the call, the same in every run.
        makes: it makes a new object, another one in every run.
        draws: it draws from a random generator of its own, which moves on.
        checks: it raises where a value is not as it should be, and does nothing otherwise.
        prints: it shows something to the user.
        reads_outside: what it gives depends on what is outside of the program: files, the clock.
        writes_outside: it changes what is outside of the program: files, state of the process.
        anything: it runs code that may do anything, with whatever variable.
        given: its value is given by whoever runs the program.
        is_pure: none of these.
        is_needed: it must run even if nobody uses its outputs.
        is_outside: what it does is in the order of the program, though it has no resource for it.
    """

    reads: frozenset[str] = _NO_NAMES
    writes: frozenset[str] = _NO_NAMES
    calls: tuple[str, ...] = ()
    keeps: bool = False
    refers: bool = False
    makes: bool = False
    draws: bool = False
    checks: bool = False
    prints: bool = False
    reads_outside: bool = False
    writes_outside: bool = False
    anything: bool = False
    given: bool = False
    is_pure: bool = field(init=False, repr=False, compare=False)
    is_needed: bool = field(init=False, repr=False, compare=False)
    is_outside: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        outside = (
            self.checks or self.prints or self.reads_outside or self.writes_outside or self.anything
        )
        object.__setattr__(self, "is_pure", not any(True for _ in self._declared()))
        object.__setattr__(self, "is_needed", outside or self.draws or bool(self.writes))
        object.__setattr__(self, "is_outside", outside)

    def __or__(self, other: Effects) -> Effects:
        joined: dict[str, Any] = {
            f.name: getattr(self, f.name) or getattr(other, f.name) for f in _FIELDS
        }
        joined["reads"] = self.reads | other.reads
        joined["writes"] = self.writes | other.writes
        joined["calls"] = self.calls + other.calls
        return Effects(**joined)

    @property
    def inputs(self) -> frozenset[str]:
        """Names of all the inputs it mentions."""
        return self.reads | self.writes | frozenset(self.calls)

    def _declared(self) -> Iterator[tuple[str, Any]]:
        for one in fields(self):
            value = getattr(self, one.name) if one.init else None
            if value:
                yield one.name, value

    def __str__(self) -> str:
        """In words, for people: `writes resource, draws`."""
        parts = [
            name.replace("_", " ") + ("" if value is True else " " + ", ".join(sorted(value)))
            for name, value in self._declared()
        ]
        return "; ".join(parts) or "pure"


_FIELDS = [f for f in fields(Effects) if f.init]

PURE = Effects()
"""It does nothing but compute its outputs, always the same from the same inputs."""
KEEPS = Effects(keeps=True)
REFERS = Effects(refers=True)
MAKES = Effects(makes=True)
DRAWS = Effects(draws=True)
CHECKS = Effects(checks=True)
PRINTS = Effects(prints=True)
READS_OUTSIDE = Effects(reads_outside=True)
WRITES_OUTSIDE = Effects(writes_outside=True)
ANYTHING = Effects(anything=True)
GIVEN = Effects(given=True)


def reads(*inputs: str) -> Effects:
    """Return the effects of an op that looks at the resources which these inputs are."""
    return Effects(reads=frozenset(inputs))


def writes(*inputs: str) -> Effects:
    """Return the effects of an op that changes the resources which these inputs are."""
    return Effects(writes=frozenset(inputs))


def calls(*inputs: str) -> Effects:
    """Return the effects of an op that calls its functions with these inputs."""
    return Effects(calls=inputs)
