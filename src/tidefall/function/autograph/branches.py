"""`if` and the ternary: Python's own over Python values, an If node over tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from tidefall.base import nest
from tidefall.base.composite import CompositeTensor
from tidefall.control_flow.cond import if_node
from tidefall.control_flow.subgraphs import part, reopened
from tidefall.function.autograph import errors
from tidefall.function.autograph.conditions import condition, is_staged
from tidefall.function.autograph.conversion import PREFIX
from tidefall.function.autograph.state import (
    NO_RETURN,
    UNBOUND,
    Attribute,
    Hidden,
    Snapshot,
    Variable,
    variables_of,
)
from tidefall.graph.func_graph import FuncGraph
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

Block = Callable[[], Any]
SIMPLE = (bool, int, float, complex, str, bytes)
BRANCHES = ("main", "else")


def if_(
    test: Any,
    then: FunctionType,
    orelse: FunctionType | None,
    names: Sequence[str | Attribute],
    resets: Sequence[str] = (),
) -> None:
    """Run one of two blocks.

    Args:
        test: the condition.
        then, orelse: the blocks.
        names: the variables they assign that are read later on.
        resets: other variables that the first assigns and the second reads.
    """
    if not is_staged(test):
        if test:
            then()
        elif orelse is not None:
            orelse()
        return
    variables, others = variables_of(then, names), variables_of(then, resets)
    choose(test, then, orelse, variables, "if statement", others)


def if_exp(test: Any, then: Block, orelse: Block, text: str) -> Any:
    """`then if test else orelse`."""
    if not is_staged(test):
        return then() if test else orelse()
    result = Hidden(text, UNBOUND)
    choose(
        test,
        lambda: result.write(then()),
        lambda: result.write(orelse()),
        [result],
        "conditional expression",
    )
    return result.read()


def choose(
    test: Any,
    then: Block,
    orelse: Block | None,
    variables: Sequence[Variable],
    statement: str,
    others: Sequence[Variable] = (),
) -> None:
    """Trace both blocks, and give the variables the values of the one that the graph chooses.

    The values of `others` are forgotten.
    """
    test = condition(test, statement)
    snapshot = Snapshot([*variables, *others])
    graphs: list[FuncGraph] = []
    ends: list[list[Any]] = []
    try:
        for block, label in ((then, "cond_true"), (orelse, "cond_false")):
            with part(label) as graph:
                snapshot.enter()
                if block is not None:
                    block()
                ends.append(snapshot.leave())
            graphs.append(graph)
    finally:
        snapshot.restore()
    merge = _Merge(graphs)
    chosen = [
        merge.value(v.name, one, other)
        for v, one, other in zip(variables, ends[0], ends[1], strict=False)
    ]
    flat = if_node(test, graphs, "cond")
    outputs = flat if isinstance(flat, list) else []
    kept = snapshot.values[len(chosen) :]
    snapshot.resolve([*(value(outputs) for value in chosen), *kept])


class _Merge:
    """What variables are after two branches: values known now, or outputs of the If node."""

    def __init__(self, graphs: list[FuncGraph]):
        self._graphs = graphs

    def value(self, name: str, one: Any, other: Any) -> Callable[[list[Any]], Any]:
        """A function from the outputs of the node to the value of a variable.

        Raises:
            ValueError, TypeError: the values of the branches do not fit together.
        """
        if one is other:
            return lambda outputs: one
        if _is_nothing(one) and _is_nothing(other):
            return lambda outputs: None
        one, other = self._filled(name, one, other, 1), self._filled(name, other, one, 0)
        try:
            nest.assert_same_structure(one, other)
        except (ValueError, TypeError) as error:
            raise errors.branch_structures(name, error) from None
        leaves = [
            self._leaf(name, a, b)
            for a, b in zip(nest.flatten(one), nest.flatten(other), strict=True)
        ]
        return lambda outputs: nest.pack_sequence_as(one, [leaf(outputs) for leaf in leaves])

    def _filled(self, name: str, value: Any, other: Any, branch: int) -> Any:
        """The value of a branch that may have none. `branch` is the number of the other one."""
        here = BRANCHES[1 - branch]
        if value is UNBOUND:
            if not name.startswith(PREFIX):
                raise errors.not_in_branch(name, here)
            # Results of `return` are only read behind a flag: any value will do.
            return self._like(other, self._graphs[1 - branch])
        if value is NO_RETURN:
            raise errors.no_return_in_branch(here)
        if value is None and other is not UNBOUND:
            raise errors.none_in_branch(name, here)
        return value

    def _like(self, other: Any, graph: FuncGraph) -> Any:
        with reopened(graph):
            return nest.map_structure(zeros_like, None if other is NO_RETURN else other)

    def _leaf(self, name: str, one: Any, other: Any) -> Callable[[list[Any]], Any]:
        if one is other or (type(one) in SIMPLE and type(one) is type(other) and one == other):
            return lambda outputs: one
        tensors = [self._tensor(v, g) for v, g in zip((one, other), self._graphs, strict=True)]
        if any(t is None for t in tensors):
            raise errors.branch_objects(name, one, other)
        try:
            nest.assert_same_structure(*tensors, expand_composites=True)
        except (ValueError, TypeError) as error:
            raise errors.branch_structures(name, error) from None
        first = len(self._graphs[0].outputs)
        parts = [nest.flatten(t, expand_composites=True) for t in tensors]
        for a, b in zip(*parts, strict=True):
            if a.dtype != b.dtype:
                raise errors.branch_dtypes(name, a.dtype, b.dtype)
        for graph, tensor in zip(self._graphs, parts, strict=True):
            with reopened(graph):
                graph.outputs += [graph.capture(t) for t in tensor]
        last = len(self._graphs[0].outputs)
        return lambda outputs: nest.pack_sequence_as(
            tensors[0], outputs[first:last], expand_composites=True
        )

    @staticmethod
    def _tensor(value: Any, graph: FuncGraph) -> Any:
        with reopened(graph):
            return as_tensor(value)


def _is_nothing(value: Any) -> bool:
    return value is None or value is NO_RETURN


def as_tensor(value: Any) -> Any:
    """A tensor, or composite tensor, of a value; None if it is something else."""
    if isinstance(value, (Tensor, CompositeTensor)):
        return value
    try:
        return convert_to_tensor(value)
    except (ValueError, TypeError):
        return None


def zeros_like(value: Any) -> Any:
    """A value of the same kind as another one that may belong to another graph."""
    if isinstance(value, CompositeTensor):
        parts = [zeros_like(t) for t in nest.flatten(value, expand_composites=True)]
        return nest.pack_sequence_as(value, parts, expand_composites=True)
    if not isinstance(value, Tensor):
        return value
    return empty(value.dtype, value.shape)


def empty(dtype: Any, shape: Any) -> Any:
    """Zeros of a shape; dimensions that are not known are 0."""
    known = [0 if n is None else n for n in (shape.as_list() if shape.rank is not None else ())]
    zero = raw.Cast(convert_to_tensor(0), DstT=dtype) if not dtype.is_bool else False
    if dtype == "string":
        zero = ""
    return raw.Fill(convert_to_tensor(known, "int32"), convert_to_tensor(zero, dtype))
