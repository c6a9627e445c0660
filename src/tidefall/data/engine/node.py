"""What a pipeline is made of: nodes.

A node describes a stage and never changes while it is iterated; all position lives in its
iterators, which can tell it (`save`) and take it up again (`restore`).

There are three ways through a pipeline, and every stage takes the best its input allows:

- by number (`Node.random_access`): sources in memory, and what follows them without depending on
  the order, give any element, or many at once, at no cost for those left out;
- by rows (`ElementIterator.rows`): the next n elements as arrays with a dimension in front, which
  stages hand on without ever making single elements;
- one by one (`ElementIterator.__next__`).
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, ClassVar, NamedTuple, Protocol

from tidefall.base.shapes import TensorShape
from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import State
from tidefall.data.engine.iterators import ByNumber, ElementIterator, Stateful
from tidefall.data.engine.measure import measured
from tidefall.data.engine.stages import BY_NUMBER, ONE_BY_ONE, Stage, title_of
from tidefall.data.options import Options
from tidefall.op.op import Op

INFINITE = -1
UNKNOWN = -2
AUTOTUNE = -1


class UserFunction(Protocol):
    """A function of the user's."""

    @property
    def described(self) -> str:
        """Its name, and where it was written."""
        ...

    @property
    def random_ops(self) -> frozenset[int]:
        """The random ops in it, by identity."""
        ...

    @property
    def captured_nodes(self) -> Sequence[Node]:
        """The datasets it uses from outside."""
        ...


class MadeBy(NamedTuple):
    """The op that made a node, and what it was given: enough to write its graph.

    Attributes:
        op: the op.
        inputs: raw values, a list where the signature has one.
        attrs: the attributes its kernel takes.
        shapes: `output_shapes`, if it has that.
    """

    op: Op
    inputs: Sequence[Any]
    attrs: dict[str, Any]
    shapes: Sequence[TensorShape] | None


class Node:
    """One stage of a pipeline: the value of a dataset's variant tensor.

    Attributes:
        inputs: the nodes it takes elements from.
        functions: the user's functions it runs.
        options: options for the whole pipeline that are set here.
        shapes: static shapes of the components of an element, where they are known.
        made_by: the op it comes from; None for stages that stand for a part of an op's, or for one
            over other inputs.
    """

    inputs: tuple[Node, ...] = ()
    functions: tuple[UserFunction, ...] = ()
    options: Options | None = None
    shapes: Sequence[TensorShape] | None = None
    made_by: MadeBy | None = None
    is_transparent: ClassVar[bool] = False
    """Its iterator is its input's."""
    tuning: ClassVar[tuple[str, ...]] = ()
    """Attributes that say how elements are made, not which: a saved state does not depend on
    them."""
    replayed: ClassVar[Op | None] = None
    """The op of a source that cannot be saved, and is run up to the same place again."""
    per_call = True
    """Traces of functions do not keep the datasets they were traced with."""

    def make_iterator(self) -> ElementIterator:
        """A new iterator, at the beginning. Nodes without random access say which."""
        access = self.random_access()
        if access is None:
            raise NotImplementedError(type(self).__name__)
        return ByNumber(access)

    def cardinality(self) -> int:
        """The number of elements, INFINITE or UNKNOWN."""
        return UNKNOWN

    def random_access(self) -> RandomAccess | None:
        """The elements by number, where that costs no more than one after the other."""
        return None

    title = ""
    """The method of Dataset it stands for; by default the name of the class tells."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "title" not in cls.__dict__:
            cls.title = title_of(cls.__name__)
        for name in ("make_iterator", "random_access"):
            if name in cls.__dict__:
                setattr(cls, name, measured(cls.__dict__[name]))

    def describe(self, asked: str) -> Stage:
        """How it runs, for `Dataset.explain`.

        Args:
            asked: how elements are asked for: `BY_NUMBER`, `BY_ROWS` or `ONE_BY_ONE`.
        """
        if self.random_access() is not None:
            return Stage(BY_NUMBER, BY_NUMBER)
        return Stage(ONE_BY_ONE)

    def advice(self) -> str:
        """What may help if it is this stage that takes the time."""
        return ""

    def describe_passing(self, asked: str, **arguments: Any) -> Stage:
        """The same for a stage that asks its inputs as it is asked itself."""
        if self.random_access() is not None:
            asked = BY_NUMBER
        return Stage(asked, asked, arguments)

    @property
    def random_ops(self) -> frozenset[int]:
        """The random ops in the functions of the pipeline, by identity."""
        found = self.__dict__.get("_random_ops")
        if found is None:
            parts = [one.random_ops for one in (*self.functions, *self.inputs)]
            found = self.__dict__["_random_ops"] = frozenset().union(*parts)
        return found

    @property
    def draws_random(self) -> bool:
        """Whether there are such ops, there or in datasets that the functions use."""
        return bool(self.random_ops or self.captured_random_ops)

    @property
    def captured_random_ops(self) -> frozenset[int]:
        """The random ops in datasets that the functions of the pipeline use, by identity."""
        found = self.__dict__.get("_captured_random_ops")
        if found is None:
            used = [node for function in self.functions for node in function.captured_nodes]
            parts = [one.captured_random_ops for one in (*used, *self.inputs)]
            parts += [one.random_ops for one in used]
            found = self.__dict__["_captured_random_ops"] = frozenset().union(*parts)
        return found

    def with_inputs(self, inputs: Sequence[Node]) -> Node:
        """The same stage over other inputs. What iterators share is not shared with it."""
        node = copy(self)
        node.inputs = tuple(inputs)
        for name in ("settings", "made_by", "_random_ops", "_captured_random_ops"):
            node.__dict__.pop(name, None)
        return node

    def save_shared(self) -> State:
        """The state that all iterators share, here and in the inputs: random streams and seeds.

        Open iterators save what they use; this is for stages whose iterator is not open.
        """
        functions = [one.save() for one in self.functions if isinstance(one, Stateful)]
        return [functions, [node.save_shared() for node in self.inputs]]

    def restore_shared(self, state: State) -> None:
        """Take up what `save_shared` told."""
        functions = [one for one in self.functions if isinstance(one, Stateful)]
        for function, saved in zip(functions, state[0], strict=True):
            function.restore(saved)
        for node, saved in zip(self.inputs, state[1], strict=True):
            node.restore_shared(saved)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class TransparentNode(Node):
    """The elements of another pipeline, as they are: it changes only how these are made."""

    is_transparent = True

    def make_iterator(self) -> ElementIterator:
        return self.inputs[0].make_iterator()

    def describe(self, asked: str) -> Stage:
        return self.describe_passing(asked)

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()

    def random_access(self) -> RandomAccess | None:
        return self.inputs[0].random_access()
