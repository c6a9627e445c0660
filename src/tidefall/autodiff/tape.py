"""`tf.GradientTape`: records what runs, and differentiates it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

import numpy as np

from tidefall.autodiff.backprop import backprop, differentiable
from tidefall.autodiff.jacobian import batch_jacobian_of, jacobian_of, shape_of
from tidefall.base import nest
from tidefall.base.exports import export
from tidefall.base.state import pop_tape, push_tape, state, tapes_paused
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.composite.variables.variable import Variable
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor, Tensor

_ORDINARY = frozenset((EagerTensor, SymbolicTensor, Variable))
"""Sources that are what they seem to be: the others are looked at."""


@export("UnconnectedGradients")
class UnconnectedGradients(Enum):
    """What a gradient is when the target does not depend on the source.

    >>> import tidefall as tf
    >>> x = tf.Variable(1.0)
    >>> with tf.GradientTape() as tape:
    ...     y = tf.constant(2.0)
    >>> zero = tf.UnconnectedGradients.ZERO
    >>> float(tape.gradient(y, x, unconnected_gradients=zero))
    0.0
    """

    NONE = "none"
    ZERO = "zero"


class _Link:
    """A tensor and the placeholder that stands for it inside a function; gradients pass through."""

    __slots__ = ("inputs", "outputs")
    type = "Capture"
    op_type = None

    def __init__(self, outer: Any, inner: Any):
        self.inputs = [outer]
        self.outputs = [inner]

    @staticmethod
    def backward(dy: Any) -> list[Any]:
        return [dy]


class CustomRecord:
    """A stretch of program that comes with its own gradient function."""

    __slots__ = ("backward", "inputs", "outputs", "takes_missing_gradients", "type")
    op_type = None

    def __init__(self, name: str, inputs: Sequence[Any], outputs: Sequence[Any], backward: Any):
        self.type = name
        self.inputs = inputs
        self.outputs = outputs
        self.backward = backward
        self.takes_missing_gradients = False


@export("GradientTape", "autodiff.GradientTape")
class GradientTape:
    """Record the ops run inside a `with` block, to differentiate them afterwards.

    Trainable variables are watched when they are read; other tensors after `tape.watch(x)`.

    Args:
        persistent: keep the records after `gradient`, so that it can be called again.
        watch_accessed_variables: watch trainable variables automatically.

    >>> import tidefall as tf
    >>> x = tf.constant(3.0)
    >>> with tf.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * x
    >>> tape.gradient(y, x).numpy()
    np.float32(6.0)
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True):
        self._persistent = persistent
        self._watch_variables = watch_accessed_variables
        self._records: list[Any] = []
        self._watched: dict[int, Any] = {}
        self._variables: dict[int, Any] = {}
        self._recording = False
        self._used = False

    def __enter__(self) -> GradientTape:
        if self._recording:
            raise ValueError(
                "Tape is still recording, This can happen if you try to re-enter an already-active "
                "tape."
            )
        self._recording = True
        push_tape(self)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._recording:
            self._recording = False
            pop_tape(self)

    # ---- what dispatch calls ----

    def watches(self, tensors: Sequence[Any]) -> bool:
        """True if any of the tensors is watched or was computed from one that is."""
        watched = self._watched
        if watched:
            for tensor in tensors:
                if id(tensor) in watched:
                    return True
        return False

    def record(self, record: Any) -> None:
        """Remember an executed op or a graph node."""
        self._records.append(record)
        watched = self._watched
        for out in record.outputs:
            if differentiable(out):
                watched[id(out)] = out

    def extended(self, record: Any, outputs: Sequence[Any]) -> None:
        """A recorded node has more outputs now: a differentiated loop keeps its values."""
        self._watched.update((id(out), out) for out in outputs if differentiable(out))

    def link(self, outer: Any, inner: Any) -> None:
        """Follow a watched tensor into the function that captured it."""
        if id(outer) in self._watched and id(inner) not in self._watched:
            self.record(_Link(outer, inner))

    def watch_variable(self, variable: Any) -> None:
        """Watch a variable that is being read."""
        known = id(variable.handle) in self._watched
        if not known and self._watch_variables and variable.trainable:
            self._watch_handle(variable)

    def _watch_handle(self, variable: Any) -> None:
        handle = variable.handle
        if id(handle) not in self._watched:
            self._watched[id(handle)] = handle
            self._variables[id(handle)] = variable

    # ---- the public methods ----

    def watch(self, tensor: Any) -> None:
        """Record what is computed from `tensor` from now on.

        Args:
            tensor: a floating-point or complex tensor, a variable, or a nest of them.

        Raises:
            ValueError: for something that is not a tensor.
        """
        for item in nest.flatten(tensor, expand_composites=True):
            if getattr(item, "_is_variable", False) or hasattr(item, "handle"):
                self._watch_handle(item)
                continue
            if not isinstance(item, Tensor):
                raise ValueError(
                    f"Passed in object {item} of type {type(item).__name__!r}, not tf.Tensor or "
                    "tf.Variable or ExtensionType."
                )
            if differentiable(item):
                self._watched[id(item)] = item

    def _is_left_out(self, source: Any) -> bool:
        """Whether a source is a variable that is not trained and was not watched."""
        if getattr(source, "trainable", True) or not hasattr(source, "handle"):
            return False
        return id(source.handle) not in self._watched

    @property
    def persistent(self) -> bool:
        """Whether several gradients can be asked for."""
        return self._persistent

    def watched_variables(self) -> tuple[Any, ...]:
        """Variables watched so far, in the order they were first read."""
        return tuple(self._variables.values())

    @contextlib.contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Record nothing on this tape inside the block."""
        if not self._recording:
            raise RuntimeError(
                "GradientTape.stop_recording() called on a tape that is not recording."
            )
        pop_tape(self)
        self._recording = False
        try:
            yield
        finally:
            push_tape(self)
            self._recording = True

    def reset(self) -> None:
        """Forget everything recorded so far."""
        recording = self._recording
        if recording:
            pop_tape(self)
        self._records, self._watched, self._variables = [], {}, {}
        self._used = False
        if recording:
            push_tape(self)

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
    ) -> Any:
        """Differentiate `target` with respect to `sources`.

        Args:
            target: a tensor, or nest of tensors whose sum is differentiated.
            sources: tensors, ragged tensors or variables, in any nest.
            output_gradients: gradient of each target; ones by default.
            unconnected_gradients: NONE or ZERO, for sources the target does not depend on.

        Returns:
            A nest like `sources`, of tensors, `tf.IndexedSlices`, or None; for a ragged tensor one
            with its rows.

        Raises:
            RuntimeError: if a tape that is not persistent is used twice.
            ValueError: for targets that cannot be differentiated.
        """
        if self._used:
            raise RuntimeError(
                "A non-persistent GradientTape can only be used to compute one set of gradients "
                "(or jacobians)"
            )
        if target is None:
            raise TypeError(
                "Argument `target` should be a list or nested structure of Tensors, Variables or "
                "CompositeTensors to be differentiated, but received None."
            )
        # Composite targets may read variables for it, which is recorded.
        flat_targets = nest.flatten(target, expand_composites=True)
        if self._recording and not self._persistent:
            self._recording = False
            pop_tape(self)
        if type(unconnected_gradients) is not UnconnectedGradients:
            unconnected_gradients = UnconnectedGradients(unconnected_gradients)
        links: list[Any] = []
        targets = [_as_target(t, links) for t in flat_targets]
        asked = flat = nest.flatten(sources)
        special = not _ORDINARY.issuperset([type(s) for s in asked])
        if special:
            flat = [part for source in asked for part in _parts_of(source)]
            for source in flat:
                _check_source(source)
        given = [None] * len(targets)
        if output_gradients is not None:
            given = [
                None if g is None else convert_to_tensor(g)
                for g in nest.flatten(output_gradients, expand_composites=True)
            ]
        records = [*self._records, *links] if links or self._recording else self._records
        results = backprop(records, targets, given, [_source_of(s) for s in flat])
        for i, source in enumerate(flat):
            if results[i] is not None and self._is_left_out(source):
                # Only where it is a target itself.
                results[i] = backprop(links, targets, given, [_source_of(source)])[0]
        if unconnected_gradients is UnconnectedGradients.ZERO:
            results = [
                _zeros_for(source) if r is None else r
                for r, source in zip(results, flat, strict=True)
            ]
        if not self._persistent:
            self._used = True
            self._records, self._watched = [], {}
        if special:
            rest = iter(results)
            results = [_like_source(s, [next(rest) for _ in _parts_of(s)]) for s in asked]
        return nest.pack_sequence_as(sources, results)

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Derivative of every element of `target` with respect to every source.

        Args:
            target: a tensor of shape `T`.
            sources: tensors or variables of shapes `S`, in any nest.
            unconnected_gradients: NONE or ZERO, for sources the target does not depend on.
            parallel_iterations: how many elements to work on at a time; all of them by default.
            experimental_use_pfor: work on the elements of `target` side by side (see
                `tf.vectorized_map`) instead of one after the other.

        Returns:
            A nest like `sources` of tensors of shape `T + S`, or None.

        Raises:
            RuntimeError: if a tape that is not persistent is used twice, or is used eagerly
                without `experimental_use_pfor`.
        """
        zero = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
        flat = nest.flatten(sources)
        links: list[Any] = []
        target = _as_target(target, links)
        records = self._begin_jacobian("jacobian", experimental_use_pfor) + links
        found: list[Any] = [None] * len(flat)
        if differentiable(target):
            found = jacobian_of(
                records,
                target,
                [_source_of(s) for s in flat],
                experimental_use_pfor,
                parallel_iterations,
            )
        self._end_jacobian()
        if zero:
            found = [
                _zero_jacobian(shape_of(target), s) if r is None else r
                for s, r in zip(flat, found, strict=True)
            ]
        return nest.pack_sequence_as(sources, found)

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Derivative of each row of `target` by the same row of `source`.

        Args:
            target: tensor `[b, ...]` whose row `i` depends only on row `i` of `source`.
            source: tensor `[b, ...]`.
            unconnected_gradients: makes no difference: zeros, if there is no dependence.
            parallel_iterations: how many elements of a row to work on at a time.
            experimental_use_pfor: as for `jacobian`.

        Returns:
            A tensor of the shape of `target` followed by that of `source` without the first
            dimension.

        Raises:
            ValueError: if the first dimensions differ, or `source` has fewer than two.
            RuntimeError: as for `jacobian`.

        >>> import tidefall as tf
        >>> x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        >>> with tf.GradientTape() as tape:
        ...     tape.watch(x)
        ...     y = x * x
        >>> tape.batch_jacobian(y, x).numpy()
        array([[[2., 0.],
                [0., 4.]],
        <BLANKLINE>
               [[6., 0.],
                [0., 8.]]], dtype=float32)
        """
        UnconnectedGradients(unconnected_gradients)
        links: list[Any] = []
        target, shape = _as_target(target, links), source.shape
        if shape.rank is not None and shape.rank < 2:
            raise ValueError(f"Shape {shape} must have rank at least 2")
        if target.shape.rank == 0:
            raise ValueError("The target of batch_jacobian must have a batch dimension.")
        if None not in (shape.rank, target.shape.rank) and not target.shape[:1].is_compatible_with(
            shape[:1]
        ):
            raise ValueError(
                f"Need first dimension of target shape ({target.shape}) and source shape "
                f"({shape}) to match."
            )
        records = self._begin_jacobian("batch_jacobian", experimental_use_pfor) + links
        found = None
        if differentiable(target):
            found = batch_jacobian_of(
                records, target, _source_of(source), experimental_use_pfor, parallel_iterations
            )
        self._end_jacobian()
        return _zero_jacobian(shape_of(target), source, 1) if found is None else found

    def _begin_jacobian(self, name: str, parallel: bool) -> list[Any]:
        if self._used:
            raise RuntimeError(
                "A non-persistent GradientTape can only be used to compute one set of gradients "
                "(or jacobians)"
            )
        if not self._persistent:
            if not parallel and state.graph is None:
                raise RuntimeError(
                    f"GradientTape must be created with persistent=True to compute the {name} "
                    "with eager execution enabled and with experimental_use_pfor set to False."
                )
            if self._recording:
                self._recording = False
                pop_tape(self)
        return list(self._records)

    def _end_jacobian(self) -> None:
        if not self._persistent:
            self._used = True
            self._records, self._watched = [], {}


def _zero_jacobian(shape: Any, source: Any, skipped: int = 0) -> Any:
    inner = convert_to_tensor(source) if not isinstance(source, Tensor) else source
    rest = raw.Slice(shape_of(inner), np.array([skipped], np.int32), np.array([-1], np.int32))
    dims = raw.ConcatV2([shape, rest], 0)
    return raw.Fill(dims, convert_to_tensor(0, inner.dtype))


def _as_target(target: Any, links: list[Any]) -> Any:
    """The tensor to differentiate; a variable's value is linked to the variable itself."""
    if getattr(target, "_is_variable", False):
        with tapes_paused():
            value = convert_to_tensor(target)
        links.append(_Link(target.handle, value))
        return value
    if not isinstance(target, Tensor):
        if hasattr(target, "__tf_tensor__"):
            return convert_to_tensor(target)
        raise TypeError(
            "Argument `target` should be a list or nested structure of Tensors, Variables or "
            f"CompositeTensors to be differentiated, but received {target!r}."
        )
    return target


def _check_source(source: Any) -> None:
    if isinstance(source, SparseTensor):
        raise ValueError(
            "A SparseTensor is not supported as a source of a gradient; watch its `values`."
        )
    if source is None or not (isinstance(source, Tensor) or hasattr(source, "__tf_tensor__")):
        raise TypeError(
            f"The sources of a gradient must be tensors or variables. Received: {source!r}"
        )


def _source_of(source: Any) -> Any:
    """The tensor gradients flow back to: for a variable, its handle."""
    handle = getattr(source, "handle", None)
    return source if handle is None or isinstance(source, Tensor) else handle


def _divided(source: Any) -> Any:
    """The variable in several parts that a source is, or that one of Keras's has as its value."""
    held = source if hasattr(source, "is_sharded_variable") else getattr(source, "_value", None)
    return held if hasattr(held, "is_sharded_variable") else None


def _parts_of(source: Any) -> Sequence[Any]:
    """What is differentiated by for a source."""
    if isinstance(source, RaggedTensor):
        return (source.flat_values,)
    divided = _divided(source)
    return (source,) if divided is None else divided.variables


def _like_source(source: Any, results: Sequence[Any]) -> Any:
    """The gradients of the parts of a source as one: by a ragged tensor's values, one with its
    rows."""
    divided = _divided(source)
    if divided is not None:
        return divided.joined_gradient(results)
    (result,) = results
    if result is None or not isinstance(source, RaggedTensor):
        return result
    return source.with_flat_values(convert_to_tensor(result))


def _zeros_for(source: Any) -> Any:
    from tidefall.autodiff.backprop import zeros_like

    return zeros_like(source if isinstance(source, Tensor) else convert_to_tensor(source))
