"""`while`: Python's own over Python values, a While node over tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np

from tidefall.base import nest
from tidefall.base.composite import CompositeTensor
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.control_flow.subgraphs import part
from tidefall.control_flow.while_loop import while_loop
from tidefall.function.autograph import errors
from tidefall.function.autograph.branches import as_tensor, zeros_like
from tidefall.function.autograph.conditions import condition, is_staged
from tidefall.function.autograph.conversion import PREFIX
from tidefall.function.autograph.lists import StagedList
from tidefall.function.autograph.state import (
    NO_RETURN,
    UNBOUND,
    Attribute,
    Snapshot,
    Variable,
    variables_of,
)
from tidefall.ops.debugging.assertions import assert_ as assert_op
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

Block = Callable[[], Any]
Options = Callable[[], dict[str, Any]] | None


def loop_options(
    parallel_iterations: Any = None,
    swap_memory: Any = None,
    maximum_iterations: Any = None,
    shape_invariants: Any = None,
) -> dict[str, Any]:
    """The options that `tf.autograph.experimental.set_loop_options` gives a loop."""
    return {
        "parallel_iterations": parallel_iterations,
        "swap_memory": swap_memory,
        "maximum_iterations": maximum_iterations,
        "shape_invariants": shape_invariants,
    }


def while_(
    test: Block,
    body: FunctionType,
    names: Sequence[str | Attribute],
    lists: Sequence[str] = (),
    after: Sequence[str] = (),
    options: Options = None,
) -> None:
    """Repeat a block.

    A loop may begin over Python values and go on over tensors, when its test becomes one.

    Args:
        test: computes the condition.
        body: the block.
        names: the variables that it carries from one iteration to the next, or out of the loop.
        lists: those of them that it appends to.
        after: those of them that are read after the loop.
        options: computes what `set_loop_options` was given.
    """
    while True:
        value = _tested(test)
        if is_staged(value):
            variables = variables_of(body, names)
            repeat(test, body, variables, "while loop", lists, after, options)
            return
        if not value:
            return
        body()


def _tested(test: Block) -> Any:
    """The condition; the nodes of one that is a tensor are not added to the graph."""
    if state.graph is None:
        return test()
    with part("test") as graph:
        value = test()
    if graph.nodes and not is_staged(value):
        return test()
    return value


def repeat(
    test: Block,
    body: Block,
    variables: Sequence[Variable],
    statement: str,
    lists: Sequence[str] = (),
    after: Sequence[str] = (),
    options: Options = None,
    relaxes: bool = False,
) -> None:
    """Trace a loop, and give the variables the values they have after it.

    With `relaxes`, dimensions that an iteration changes are left open.
    """
    loop = _Loop(test, body, variables, statement, options() if options else {})
    loop.relaxes = relaxes
    loop.start(set(lists), set(after))
    while True:
        try:
            loop.run()
            return
        except _Widened:
            # Some shapes were too narrow: traced again with wider ones, which are fewer each time.
            continue


class _Widened(Exception):
    """An iteration gives a variable another shape than the loop was traced for."""


class _Loop:
    """One loop over tensors.

    Attributes:
        values: what the variables are before the loop: tensors where the loop changes them.
        leaves: the parts of those values, in one list.
        shapes: for each leaf, the shape it keeps, if another than that of its first value.
        relaxes: shapes that an iteration changes are made wider.
    """

    relaxes = False

    def __init__(
        self,
        test: Block,
        body: Block,
        variables: Sequence[Variable],
        statement: str,
        options: dict[str, Any],
    ):
        self._test = test
        self._body = body
        self._variables = variables
        self._statement = statement
        self._options = options
        self._snapshot = Snapshot(variables)
        self.values = list(self._snapshot.values)
        self.shapes: dict[int, TensorShape] = {}
        self._late: dict[int, list[Any]] = {}
        self._widened = False

    # ---- before the loop ----

    def start(self, lists: set[str], after: set[str]) -> None:
        """Find out what the variables are that have no value yet, and the lists that grow."""
        growing = [
            i
            for i, v in enumerate(self._variables)
            if v.name in lists and type(self.values[i]) is list
        ]
        missing = [
            i for i, v in enumerate(self.values) if v is UNBOUND or v is None or v is NO_RETURN
        ]
        invariants = self._given_invariants()
        if growing or missing:
            self._discover(growing, missing, after)
        self.values = [nest.map_structure(_start_value, v) for v in self.values]
        self._apply(invariants)

    def _discover(self, growing: list[int], missing: list[int], after: set[str]) -> None:
        """Trace the body once, to see what it makes of variables; that graph is thrown away."""
        elements = {i: StagedList.probe() for i in growing}
        items = {i: [as_tensor(v) for v in self.values[i]] for i in growing}
        for i in growing:
            for item in items[i]:
                if item is None:
                    raise errors.loop_object(self._variables[i].name, "list", "list of objects")
                elements[i].learn(item)
        ends = self._probed(elements, missing)
        for i in missing:
            name, end = self._variables[i].name, ends[i]
            if end is UNBOUND or end is NO_RETURN or end is None:
                self.values[i] = end
                continue
            leaves = nest.flatten(end)
            if not all(isinstance(leaf, (Tensor, CompositeTensor)) for leaf in leaves):
                self.values[i] = end
                continue
            self._late[i] = [getattr(leaf, "shape", None) for leaf in leaves]
            self.values[i] = nest.map_structure(zeros_like, end)
            if self._snapshot.values[i] is UNBOUND and name in after and PREFIX not in name:
                self._assert_iterates(name)
        for i in growing:
            if elements[i].dtype is not None:
                self.values[i] = StagedList.of(items[i], elements[i])

    def _probed(self, elements: dict[int, Any], missing: list[int]) -> list[Any]:
        with part("probe") as graph:
            values = [
                StagedList.of([], elements[i])
                if i in elements
                else nest.map_structure(partial(_placeholder, graph), v)
                for i, v in enumerate(self.values)
            ]
            self._snapshot.enter(values)
            try:
                self._body()
                ends = self._snapshot.leave()
                return [
                    v if i not in missing else nest.map_structure(_start_value, v)
                    for i, v in enumerate(ends)
                ]
            except NameError as error:
                name = (
                    getattr(error, "name", None) or str(error).partition("'")[2].partition("'")[0]
                )
                if any(self._variables[i].name == name for i in missing):
                    raise errors.undefined_before_loop(name, error) from None
                raise
            finally:
                self._snapshot.restore()

    def _assert_iterates(self, name: str) -> None:
        first = condition(self._test(), self._statement)
        assert_op(first, [f"loop must iterate at least once to initialize {name}"])

    # ---- shapes ----

    def _given_invariants(self) -> dict[int, Any]:
        """Shape invariants by the number of the variable whose value they were given with."""
        given = self._options.get("shape_invariants") or ()
        found: dict[int, Any] = {}
        for value, shape in given:
            matches = [i for i, v in enumerate(self._snapshot.values) if v is value]
            if not matches:
                continue
            found.update(dict.fromkeys(matches, shape))
        return found

    def _apply(self, invariants: dict[int, Any]) -> None:
        """Number the leaves that are tensors, and note the shapes they keep."""
        self.leaves: list[Any] = []
        self._owners: list[int] = []
        for i, value in enumerate(self.values):
            parts = nest.flatten(value)
            shapes = self._late.get(i) or _spread(invariants.get(i), len(parts))
            for leaf, shape in zip(parts, shapes, strict=True):
                if isinstance(leaf, (Tensor, CompositeTensor)):
                    if shape is not None and isinstance(leaf, Tensor):
                        self.shapes[len(self.leaves)] = TensorShape(shape)
                    self.leaves.append(leaf)
                    self._owners.append(i)

    # ---- the loop ----

    def run(self) -> None:
        """Add the loop to the graph."""
        leaves = self.leaves or [convert_to_tensor(0)]
        invariants = self._invariants(leaves) if self.shapes else None
        try:
            results = while_loop(
                self._condition,
                self._iteration,
                leaves,
                shape_invariants=invariants,
                maximum_iterations=self._options.get("maximum_iterations"),
            )
        finally:
            self._snapshot.restore()
        self._snapshot.resolve(self._restored(results if self.leaves else []))

    def _invariants(self, leaves: list[Any]) -> list[Any]:
        """For each leaf the shape it keeps, or the type of a composite tensor."""
        return [
            leaf._type_spec if isinstance(leaf, CompositeTensor) else self.shapes.get(i, leaf.shape)
            for i, leaf in enumerate(leaves)
        ]

    def _restored(self, leaves: Sequence[Any]) -> list[Any]:
        """The values of the variables, from those of the leaves that are tensors."""
        rest = iter(leaves)
        result = []
        for value in self.values:
            parts = [
                next(rest) if isinstance(leaf, (Tensor, CompositeTensor)) else leaf
                for leaf in nest.flatten(value)
            ]
            result.append(nest.pack_sequence_as(value, parts))
        return result

    def _condition(self, *leaves: Any) -> Any:
        self._snapshot.enter(self._restored(leaves if self.leaves else []))
        return condition(self._test(), self._statement)

    def _iteration(self, *leaves: Any) -> list[Any]:
        self._snapshot.enter(self._restored(leaves if self.leaves else []))
        self._body()
        if state.graph is not None and state.graph.created_variables:
            raise errors.variable_in_loop()
        results: list[Any] = []
        for variable, before, after in zip(
            self._variables, self.values, self._snapshot.leave(), strict=True
        ):
            results += self._checked(variable.name, before, after, len(results))
        if self._widened:
            self._widened = False
            raise _Widened
        return results if self.leaves else list(leaves)

    def _checked(self, name: str, before: Any, after: Any, first: int) -> list[Any]:
        """The tensors of a variable after an iteration.

        Raises:
            ValueError, TypeError: the variable is no longer what it was.
        """
        if after is UNBOUND and before is not UNBOUND:
            raise errors.undefined_after_iteration(name)
        if after is None and before is not None:
            raise errors.none_after_iteration(name)
        try:
            nest.assert_same_structure(before, after)
        except (ValueError, TypeError) as error:
            raise errors.loop_structure(name, error) from None
        results = []
        for old, new in zip(nest.flatten(before), nest.flatten(after), strict=True):
            if not isinstance(old, (Tensor, CompositeTensor)):
                if old is not new and not _same_object(old, new):
                    raise errors.loop_object(name, old, new)
                continue
            tensor = as_tensor(new)
            if tensor is None:
                raise errors.loop_object(name, old, new)
            if self.relaxes:
                self._widen(first + len(results), old, tensor)
            self._check_tensor(name, old, tensor, self.shapes.get(first + len(results)))
            results.append(tensor)
        return results

    def _widen(self, leaf: int, old: Any, new: Any) -> None:
        """Note the shape a leaf has in all iterations, if this one does not keep to it."""
        if not (isinstance(old, Tensor) and isinstance(new, Tensor)) or old.dtype != new.dtype:
            return
        shape = self.shapes.get(leaf, old.shape)
        if not new.shape.is_subtype_of(shape):
            self.shapes[leaf] = shape.most_specific_compatible_shape(new.shape)
            self._widened = True

    @staticmethod
    def _check_tensor(name: str, old: Any, new: Any, kept: TensorShape | None) -> None:
        if not (isinstance(old, Tensor) and isinstance(new, Tensor)):
            try:
                nest.assert_same_structure(old, new, expand_composites=True)
            except (ValueError, TypeError) as error:
                raise errors.loop_structure(name, error) from None
            return
        if old.dtype != new.dtype:
            raise errors.loop_dtype(name, old.dtype, new.dtype)
        shape = old.shape if kept is None else kept
        if not shape.is_compatible_with(new.shape) or (
            kept is not None and not new.shape.is_subtype_of(kept)
        ):
            raise errors.loop_shape(name, shape, new.shape)


def _start_value(value: Any) -> Any:
    """A leaf before the loop: a tensor if it can be one; variables and objects stay."""
    if getattr(value, "_is_variable", False) or value is None:
        return value
    found = as_tensor(value)
    return value if found is None else found


def _placeholder(graph: Any, value: Any) -> Any:
    """A tensor like `value`, of which only dtype and shape are known."""
    found = _start_value(value)
    if not isinstance(found, Tensor):
        return found
    return graph.placeholder(found.dtype, found.shape, "probe")


def _same_object(old: Any, new: Any) -> bool:
    if isinstance(old, np.ndarray) or isinstance(new, np.ndarray):
        return False
    try:
        return type(old) is type(new) and bool(old == new)
    except (TypeError, ValueError):
        return False


def _spread(shape: Any, count: int) -> list[Any]:
    """An invariant for each leaf of a variable."""
    if shape is None:
        return [None] * count
    if isinstance(shape, TensorShape) or count == 1:
        return [shape] * count
    leaves = nest.flatten(shape)
    return leaves if len(leaves) == count else [shape] * count
