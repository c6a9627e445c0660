"""`for`: Python's own over Python iterables, a While node over tensors, ranges and datasets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import FunctionType
from typing import Any

from tidefall.base import dtypes
from tidefall.base.state import state
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.control_flow.cond import cond
from tidefall.control_flow.tensor_array import TensorArray
from tidefall.function.autograph import errors
from tidefall.function.autograph.branches import choose
from tidefall.function.autograph.conditions import is_staged
from tidefall.function.autograph.lists import StagedList
from tidefall.function.autograph.repetition import Options, repeat
from tidefall.function.autograph.state import Attribute, Hidden, Variable, variables_of
from tidefall.graph.static_values import static_value
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import SymbolicTensor, Tensor

Test = Callable[[], Any] | None


def for_(
    iterable: Any,
    body: FunctionType,
    extra_test: Test,
    names: Sequence[str | Attribute],
    lists: Sequence[str] = (),
    after: Sequence[str] = (),
    options: Options = None,
) -> None:
    """Run a block for each element.

    Args:
        iterable: a Python iterable, a tensor (its slices along the first dimension), a ragged
            tensor, a range, a dataset or its iterator.
        body: the block, which takes the element.
        extra_test: computes whether to go on; None if nothing stops the loop early.
        names: the variables that it carries from one iteration to the next, or out of the loop.
        lists: those of them that it appends to.
        after: those of them that are read after the loop.
        options: computes what `set_loop_options` was given.
    """
    steps = _steps(iterable, extra_test)
    if steps is None:
        _python_loop(iterable, body, extra_test, names)
        return

    def step() -> None:
        body(steps.item())  # type: ignore[call-arg]
        steps.advance()

    variables = [*steps.variables, *variables_of(body, names)]
    # As in TensorFlow, where such a loop is a dataset of its own.
    relaxes = isinstance(steps, _Elements) and hasattr(iterable, "reduce")
    repeat(steps.test, step, variables, "for loop", lists, after, options, relaxes)


def _python_loop(
    iterable: Any, body: FunctionType, extra_test: Test, names: Sequence[str | Attribute]
) -> None:
    if extra_test is None:
        for item in iterable:
            body(item)
        return
    go: Any = True
    for item in iterable:
        if is_staged(go):
            _run_if(go, partial(body, item), variables_of(body, names))
        else:
            body(item)
        go = extra_test()
        if is_staged(go):
            if not hasattr(iterable, "__len__"):
                raise errors.unbounded_python_loop()
        elif not go:
            break


def _run_if(go: Any, block: Callable[[], Any], variables: list[Variable]) -> None:
    """An iteration that a tensor may have stopped the loop before."""
    choose(go, block, None, variables, "for loop")


def _steps(iterable: Any, extra_test: Test) -> Any:
    """How to go through something in a graph; None for what Python goes through."""
    if state.graph is None:
        return None
    if isinstance(iterable, StagedList):
        return _Rows(iterable.stack(), extra_test)
    if isinstance(iterable, RaggedTensor):
        return _RaggedRows(iterable, extra_test)
    if is_staged(iterable):
        tensor = convert_to_tensor(iterable)
        if isinstance(tensor, SymbolicTensor) and tensor.op.op_type is raw.Range:
            return _Range(tensor, extra_test)
        return _Rows(tensor, extra_test)
    if getattr(iterable, "_iterates_in_graphs", False):
        return _Elements(iter(iterable), extra_test)
    return None


class _Steps:
    """A way through something: the variables of it, and what the loop does with them."""

    variables: list[Hidden]

    def __init__(self, extra_test: Test):
        self._extra_test = extra_test

    def test(self) -> Any:
        """Whether there is another element, and nothing stopped the loop."""
        more = self.more()
        if self._extra_test is None:
            return more
        return raw.LogicalAnd(more, convert_to_tensor(self._extra_test()))

    def more(self) -> Any:
        """Whether there is another element."""
        raise NotImplementedError

    def item(self) -> Any:
        """The element."""
        raise NotImplementedError

    def advance(self) -> None:
        """Go on to the next one."""
        raise NotImplementedError


class _Rows(_Steps):
    """The slices of a tensor along its first dimension."""

    def __init__(self, tensor: Tensor, extra_test: Test):
        super().__init__(extra_test)
        if tensor.shape.rank == 0:
            raise ValueError(
                errors.placed(
                    f"a loop requires a non-scalar tensor, got one of shape {tensor.shape}; to "
                    "count up to it, use tf.range"
                )
            )
        count = tensor.shape[0] if tensor.shape.rank else None
        size = raw.Shape(tensor)[0] if count is None else count
        self._count = convert_to_tensor(size, dtypes.int32)
        self._rows = TensorArray(tensor.dtype, size=size, clear_after_read=False).unstack(tensor)
        self._at = Hidden("position in the loop", convert_to_tensor(0, dtypes.int32))
        self.variables = [self._at]

    def more(self) -> Any:
        return self._at.read() < self._count

    def item(self) -> Any:
        return self._rows.read(self._at.read())

    def advance(self) -> None:
        self._at.write(self._at.read() + 1)


class _RaggedRows(_Rows):
    """The rows of a ragged tensor."""

    def __init__(self, ragged: RaggedTensor, extra_test: Test):
        _Steps.__init__(self, extra_test)
        self._ragged = ragged
        self._count = ragged.nrows(out_type=dtypes.int32)
        self._at = Hidden("position in the loop", convert_to_tensor(0, dtypes.int32))
        self.variables = [self._at]

    def item(self) -> Any:
        return self._ragged[self._at.read()]


class _Range(_Steps):
    """The numbers of a `tf.range`, counted instead of computed all at once."""

    def __init__(self, tensor: SymbolicTensor, extra_test: Test):
        super().__init__(extra_test)
        start, self._limit, self._step = tensor.op.inputs
        known = static_value(self._step)
        self._upwards = None if known is None else bool(known > 0)
        self._at = Hidden("position in the loop", start)
        self.variables = [self._at]

    def more(self) -> Any:
        at = self._at.read()
        if self._upwards is not None:
            return at < self._limit if self._upwards else at > self._limit
        up = raw.LogicalAnd(self._step > 0, at < self._limit)
        down = raw.LogicalAnd(self._step < 0, at > self._limit)
        return raw.LogicalOr(up, down)

    def item(self) -> Any:
        return self._at.read()

    def advance(self) -> None:
        self._at.write(self._at.read() + self._step)


class _Elements(_Steps):
    """The elements of a dataset or iterator, fetched one by one."""

    def __init__(self, iterator: Any, extra_test: Test):
        super().__init__(extra_test)
        self._iterator = iterator
        self._next = Hidden("element of the loop", iterator.get_next_as_optional())
        self.variables = [self._next]

    def more(self) -> Any:
        return self._next.read().has_value()

    def item(self) -> Any:
        return self._next.read().get_value()

    def advance(self) -> None:
        fetch = self._iterator.get_next_as_optional
        go = True if self._extra_test is None else self._extra_test()
        if is_staged(go):
            # An iterator stays where the loop stopped: nothing is taken from it in vain.
            self._next.write(cond(go, fetch, self._next.read))
        elif go:
            self._next.write(fetch())
