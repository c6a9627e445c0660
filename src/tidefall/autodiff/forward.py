"""`tf.autodiff.ForwardAccumulator`: derivatives computed beside the values, as ops run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.autodiff.backprop import aggregate, backprop, differentiable, zeros_like
from tidefall.autodiff.tape import GradientTape, UnconnectedGradients
from tidefall.base import dtypes, nest
from tidefall.base.exports import export
from tidefall.base.state import pop_tape, push_accumulator, refresh, state
from tidefall.op.gradients import gradient_of
from tidefall.op.registry import NOT_DIFFERENTIABLE
from tidefall.op.traits import LINEAR, MULTILINEAR
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


@export("autodiff.ForwardAccumulator")
class ForwardAccumulator:
    """Compute Jacobian-vector products while the program runs.

    Worth its while where there are few inputs and many outputs; with a `tf.GradientTape` inside it
    gives products of the Hessian with a vector.

    Args:
        primals: tensor or variable, or a nest of them: what the function depends on.
        tangents: the direction, nested like `primals`, of their dtypes and shapes.

    Raises:
        ValueError: if a tensor is among the primals twice.

    >>> import tidefall as tf
    >>> x = tf.constant([2.0, 3.0])
    >>> with tf.autodiff.ForwardAccumulator(primals=x, tangents=tf.constant([1.0, 0.0])) as acc:
    ...     y = tf.reduce_sum(x * x)
    >>> acc.jvp(y).numpy()
    np.float32(4.0)
    """

    is_forward = True

    def __init__(self, primals: Any, tangents: Any):
        self._tangents: dict[int, tuple[Any, Any]] = {}
        self._recording = False
        flat = nest.flatten(primals)
        seen: set[int] = set()
        for primal in flat:
            if id(primal) in seen:
                raise ValueError(
                    f"Tensor {primal!r} was specified as a primal multiple times. This may "
                    "indicate an error. If it was intended, please sum the corresponding tangents."
                )
            seen.add(id(primal))
        nest.assert_same_structure(primals, tangents)
        for primal, tangent in zip(flat, nest.flatten(tangents), strict=True):
            key = _key(primal)
            self._tangents[id(key)] = key, convert_to_tensor(tangent, primal.dtype)

    def __enter__(self) -> ForwardAccumulator:
        if self._recording:
            raise ValueError("Accumulator is already recording.")
        self._recording = True
        push_accumulator(self)
        return self

    def __exit__(self, *exc: object) -> None:
        if not self._recording:
            raise ValueError("Accumulator is not recording.")
        self._recording = False
        pop_tape(self)

    def jvp(self, primals: Any, unconnected_gradients: Any = UnconnectedGradients.NONE) -> Any:
        """The derivative of tensors in the direction of the tangents.

        Args:
            primals: tensor or variable, or a nest of them, computed while this was active.
            unconnected_gradients: NONE or ZERO, for tensors that do not depend on the primals.

        Returns:
            A nest like `primals`, of tensors of their dtypes and shapes, or None.
        """
        zero = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO

        def product(primal: Any) -> Any:
            found = self._tangents.get(id(_key(primal)))
            if found is not None:
                return found[1]
            return zeros_like(convert_to_tensor(primal)) if zero else None

        return nest.map_structure(product, primals)

    # ---- what dispatch calls ----

    def watches(self, tensors: Sequence[Any]) -> bool:
        """True if any of the tensors has a tangent."""
        return any(id(t) in self._tangents for t in tensors)

    def watch_variable(self, variable: Any) -> None:
        """Nothing: only the primals are watched."""

    def link(self, outer: Any, inner: Any) -> None:
        """Follow a tensor into the function that captured it."""
        found = self._tangents.get(id(outer))
        if found is not None and id(inner) not in self._tangents:
            self._tangents[id(inner)] = inner, inner.op.graph.capture(found[1])

    def record(self, record: Any) -> None:
        """Give the outputs of what ran their tangents.

        The ops that compute them are seen by all tapes, and by the accumulators around this one.
        """
        self._record(record, record.outputs)

    def extended(self, record: Any, outputs: Sequence[Any]) -> None:
        """Give tangents to the outputs that a node was given later on."""
        new = [o for o in outputs if id(o) not in self._tangents]
        if new:
            self._record(record, new)

    def _record(self, record: Any, outputs: Sequence[Any]) -> None:
        everyone = state.tapes
        if self in everyone:
            state.tapes = everyone[: everyone.index(self)]
            refresh()
        try:
            tangents = self._products(record, outputs)
        finally:
            state.tapes = everyone
            refresh()
        for out, tangent in zip(outputs, tangents, strict=False):
            if tangent is not None:
                self._tangents[id(out)] = out, tangent

    def _products(self, record: Any, outputs: Sequence[Any]) -> Sequence[Any]:
        given = [self._tangents.get(id(t), (None, None))[1] for t in record.inputs]
        if getattr(record, "backward", None) is None and record.op_type is not None:
            if gradient_of(record.op_type) == NOT_DIFFERENTIABLE:
                return []
            if not any(differentiable(o) for o in outputs):
                return []
            if record.op_type.jvp is not None:
                found = record.op_type.jvp(record, *given)
                return found if isinstance(found, (list, tuple)) else [found]
            if LINEAR in record.op_type.traits:
                return _linear(record, given)
            if MULTILINEAR in record.op_type.traits:
                return _product_rule(record, given)
        return _transposed(record, list(outputs), given)


def _key(primal: Any) -> Any:
    """What stands for a primal among the inputs of ops: for a variable its handle."""
    handle = getattr(primal, "handle", None)
    return primal if handle is None or isinstance(primal, Tensor) else handle


def _linear(record: Any, tangents: list[Any]) -> Sequence[Any]:
    inputs = [
        t if t is not None else zeros_like(x) if differentiable(x) else x
        for x, t in zip(record.inputs, tangents, strict=True)
    ]
    outputs = record.op_type.execute(inputs, dict(record.attrs))
    return [o if differentiable(o) else None for o in outputs]


def _product_rule(record: Any, tangents: list[Any]) -> Sequence[Any]:
    terms = []
    for i, tangent in enumerate(tangents):
        if tangent is not None:
            inputs = list(record.inputs)
            inputs[i] = tangent
            terms.append(record.op_type.execute(inputs, dict(record.attrs))[0])
    return [aggregate(terms)]


def _transposed(record: Any, outputs: list[Any], tangents: list[Any]) -> Sequence[Any]:
    """The product from the op's gradient: that is linear in the gradients of the outputs, and the
    transpose of a linear function is its own gradient."""
    sources: dict[int, tuple[Any, Any]] = {}
    for tensor, tangent in zip(record.inputs, tangents, strict=True):
        if tangent is not None:
            sources[id(tensor)] = tensor, tangent
    flows = [i for i, o in enumerate(outputs) if differentiable(o) and o.dtype != dtypes.resource]
    seeds = [zeros_like(outputs[i]) for i in flows]
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(seeds)
        gradients = backprop(
            [record], [outputs[i] for i in flows], seeds, [t for t, _ in sources.values()]
        )
        pairs = [
            (convert_to_tensor(g), tangent)
            for g, (_, tangent) in zip(gradients, sources.values(), strict=True)
            if g is not None
        ]
    result: list[Any] = [None] * len(outputs)
    if pairs:
        found = tape.gradient([g for g, _ in pairs], seeds, [t for _, t in pairs])
        for i, tangent in zip(flows, found, strict=True):
            result[i] = None if tangent is None else convert_to_tensor(tangent)
    return result
