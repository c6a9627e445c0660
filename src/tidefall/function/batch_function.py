"""`tf.nondifferentiable_batch_function`: calls from several threads, computed together."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from tidefall.base import nest
from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.run_state import running_state
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope, state
from tidefall.function.batch_scheduler import BatchOptions, BatchScheduler
from tidefall.function.concrete import ConcreteFunction
from tidefall.function.polymorphic import Function
from tidefall.op.effects import calls
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor

_schedulers: WeakKeyDictionary[Any, BatchScheduler] = WeakKeyDictionary()
"""Of functions that are batched in eager code; a node has its own in each program."""
_making = threading.Lock()

# ---- the op ----


def _shapes(c: Inference) -> list[TensorShape]:
    return [TensorShape(None)] * len(c.attr("Tout"))


def _scheduler(owner: Any, options: BatchOptions) -> BatchScheduler:
    """The scheduler of a function, made when it is first called."""
    found = _schedulers.get(owner)
    if found is None:
        with _making:
            found = _schedulers.get(owner)
            if found is None:
                found = _schedulers[owner] = BatchScheduler(options)
    return found


def _kernel(node: Any = None) -> Callable[..., list[np.ndarray]]:
    def batch(
        in_tensors: list[Any],
        captured_tensors: list[Any],
        *,
        f: Any,
        num_batch_threads: int,
        max_batch_size: int,
        batch_timeout_micros: int,
        max_enqueued_batches: int,
        allowed_batch_sizes: Sequence[int],
        enable_large_batch_splitting: bool,
        Tout: list[DType],
    ) -> list[np.ndarray]:
        options = BatchOptions(
            num_batch_threads,
            max_batch_size,
            batch_timeout_micros / 1e6,
            tuple(allowed_batch_sizes),
            max_enqueued_batches,
            enable_large_batch_splitting,
        )
        if node is None:
            scheduler = _scheduler(f, options)
        else:
            with _making:
                scheduler = running_state().keep(node.site, lambda: BatchScheduler(options))
        inputs = [np.asarray(array) for array in in_tensors]
        if inputs and all(array.ndim and not len(array) for array in inputs):
            return [np.empty(0, dtype.as_numpy_dtype) for dtype in Tout]
        return scheduler.call(inputs, lambda arrays: f.run([*arrays, *captured_tensors]))

    return batch


_host = _kernel()
_host.for_node = _kernel  # type: ignore[attr-defined]  # all runs of a node share a scheduler


def _no_gradient(op: Any, *gradients: Any) -> Any:
    raise LookupError("BatchFunction has no gradient; batch calls outside of what is trained.")


batch_function_op = op(
    "BatchFunction",
    shape=_shapes,
    host=_host,
    effects=calls("in_tensors", "captured_tensors"),
    gradient=_no_gradient,
)


# ---- the decorator ----


@export("nondifferentiable_batch_function")
def nondifferentiable_batch_function(
    num_batch_threads: int,
    max_batch_size: int,
    batch_timeout_micros: int,
    allowed_batch_sizes: Sequence[int] | None = None,
    max_enqueued_batches: int = 10,
    autograph: bool = True,
    enable_large_batch_splitting: bool = True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let calls from several threads be computed together: a decorator.

    The rows of calls that come at about the same time are put into one batch, the function runs
    once, and each call gets its rows of the results. An error in a batch is raised by all its
    calls. It works in eager code, inside `tf.function` and in SavedModels.

    Args:
        num_batch_threads: how many batches may run at once; as many as there are processors if it
            is not positive.
        max_batch_size: how many rows a call may have, and a batch, if no allowed sizes are given.
        batch_timeout_micros: microseconds that an incomplete batch waits for more calls.
        allowed_batch_sizes: rising numbers of rows; a batch is padded up to the next of them with
            copies of a row. The last must be `max_batch_size`, or not above it if large calls are
            split, where it bounds the batches.
        max_enqueued_batches: how many batches may wait.
        autograph: whether Python's control flow in the function is converted.
        enable_large_batch_splitting: whether a call may be spread over several batches.

    Returns:
        A decorator of functions that take tensors `[rows, ...]` and return tensors, or nests of
        tensors, `[rows, ...]`. Static shapes of the results are unknown.

    Raises:
        TypeError: when called with what is not a tensor.
        InvalidArgumentError: when called, if the options contradict each other, tensors differ in
            their numbers of rows, or have more than `max_batch_size`.
        FailedPreconditionError: when called, if the function returns another number of rows.
        UnavailableError: when called while too many batches wait.
        LookupError: when differentiated.

    >>> import tidefall as tf
    >>> @tf.nondifferentiable_batch_function(2, 8, 1000)
    ... def double(x):
    ...     return 2 * x
    >>> double(tf.constant([1, 2, 3])).numpy()
    array([2, 4, 6], dtype=int32)
    """
    options = {
        "num_batch_threads": num_batch_threads,
        "max_batch_size": max_batch_size,
        "batch_timeout_micros": batch_timeout_micros,
        "allowed_batch_sizes": list(allowed_batch_sizes or ()),
        "max_enqueued_batches": max_enqueued_batches,
        "enable_large_batch_splitting": enable_large_batch_splitting,
    }

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        kept = Function(function, "computation", autograph=autograph)

        @functools.wraps(function)
        def batched(*args: Tensor) -> Any:
            specs = [_spec(i, value) for i, value in enumerate(args)]
            # What is traced inside a graph may use tensors of that graph.
            tracer = kept
            if state.graph is not None:
                tracer = Function(function, "computation", autograph=autograph)
            return _call(tracer.get_concrete_function(*specs), args, options)

        return batched

    return decorate


def _spec(index: int, value: Any) -> TensorSpec:
    """What a tensor looks like with any number of rows."""
    if not isinstance(value, Tensor):
        raise TypeError(
            f"Batched functions take tensors, but argument {index} is a {type(value).__name__}; "
            "convert it with tf.convert_to_tensor."
        )
    shape = value.shape
    if shape.rank:
        shape = TensorShape([None, *shape[1:]])
    return TensorSpec(shape, value.dtype)


def _call(computation: ConcreteFunction, args: Sequence[Tensor], options: dict[str, Any]) -> Any:
    with name_scope("batch") as scope:
        outputs = batch_function_op(
            list(args),
            list(computation.captured_inputs),
            f=computation.graph_function,
            shared_name=scope,
            Tout=[t.dtype for t in computation.outputs],
            **options,
        )
    return nest.pack_sequence_as(computation.structured_outputs, outputs, expand_composites=True)
