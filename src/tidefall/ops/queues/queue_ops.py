"""The ops on queues, of both kinds of handles: resources (V2) and references."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base.dtypes import int64
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import reads, writes
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import WAITS
from tidefall.ops.common import invalid, no_outputs, scalar
from tidefall.ops.queues.handles import declare_maker, versions
from tidefall.ops.queues.waiting import (
    PaddingFIFOQueueValue,
    PriorityQueueValue,
    QueueValue,
    RandomShuffleQueueValue,
)

_LONG = {"float32": "float", "float64": "double"}

# ---- making them ----


def _common(attrs: dict[str, Any]) -> tuple[Any, ...]:
    shapes = [TensorShape(shape) for shape in attrs["shapes"]]
    return attrs["capacity"], attrs["component_types"], shapes


def _priority(attrs: dict[str, Any], name: str) -> PriorityQueueValue:
    capacity, types, shapes = _common(attrs)
    if shapes:
        shapes = [TensorShape(()), *shapes]
    return PriorityQueueValue(name, capacity, [int64, *types], shapes)


def _shuffling(attrs: dict[str, Any], name: str) -> RandomShuffleQueueValue:
    rest = (attrs[key] for key in ("min_after_dequeue", "seed", "seed2"))
    return RandomShuffleQueueValue(name, *_common(attrs), *rest)


declare_maker("FIFOQueue", lambda attrs, name: QueueValue(name, *_common(attrs)))
declare_maker("PaddingFIFOQueue", lambda attrs, name: PaddingFIFOQueueValue(name, *_common(attrs)))
declare_maker("PriorityQueue", _priority)
declare_maker("RandomShuffleQueue", _shuffling)


# ---- using them ----


def _queue(handle: Any) -> QueueValue:
    if not isinstance(handle, QueueValue):
        raise invalid(f"The handle is not a queue's: {handle!r}.")
    return handle


def _check_types(queue: QueueValue, have: Sequence[Any], arrow: str) -> None:
    if [t.base_dtype for t in have] == queue.dtypes:
        return
    texts = [
        ", ".join(_LONG.get(str(t.name), str(t.name)) for t in ts) for ts in (have, queue.dtypes)
    ]
    raise invalid(f"Signature mismatch, have: {texts[0]} {arrow} expected: {texts[1]}")


def _no_timeout(op_name: str, timeout: int) -> None:
    if timeout != -1:
        raise invalid(f"{op_name}: Timeout not supported yet.")


def _enqueue(
    handle: Any, components: list[Any], *, Tcomponents: list[Any], timeout_ms: int
) -> tuple[()]:
    queue = _queue(handle)
    _no_timeout("QueueEnqueue", timeout_ms)
    _check_types(queue, Tcomponents, "->")
    queue.check(components)
    queue.enqueue([tuple(components)])
    return ()


def _enqueue_many(
    handle: Any, components: list[Any], *, Tcomponents: list[Any], timeout_ms: int
) -> tuple[()]:
    queue = _queue(handle)
    _no_timeout("QueueEnqueueMany", timeout_ms)
    _check_types(queue, Tcomponents, "->")
    for i, array in enumerate(components):
        if array.ndim == 0:
            raise invalid(
                f"All components must have at least one dimension; component {i} is a scalar."
            )
        if len(array) != len(components[0]):
            raise invalid(
                f"All input tensors must have the same size in the 0th dimension. Component {i} "
                f"has {len(array)}, and should have {len(components[0])}"
            )
    queue.check(components, 1)
    rows = zip(*(_rows(array) for array in components), strict=True)
    queue.enqueue(list(rows))
    return ()


def _rows(array: np.ndarray) -> list[np.ndarray]:
    """The rows of an array, as arrays even if they are scalars."""
    if array.ndim > 1:
        return list(array)
    return [array[i : i + 1].reshape(()) for i in range(len(array))]


def _dequeue(handle: Any, *, component_types: list[Any], timeout_ms: int) -> list[Any]:
    queue = _queue(handle)
    _no_timeout("QueueDequeue", timeout_ms)
    _check_types(queue, component_types, "<-")
    return list(queue.dequeue(1)[0])


def _taking_many(name: str, up_to: bool) -> Callable[..., list[Any]]:
    def take(handle: Any, n: Any, *, component_types: list[Any], timeout_ms: int) -> list[Any]:
        queue, wanted = _queue(handle), int(n)
        _no_timeout(f"Queue{name}", timeout_ms)
        if wanted < 0:
            raise invalid(f"{name}Op requested {wanted} < 0 elements")
        _check_types(queue, component_types, "<-")
        if not queue.shapes:
            raise invalid(
                f"{queue.kind}'s DequeueMany and DequeueUpTo require the components to have "
                "specified shapes."
            )
        return queue.stack(queue.dequeue(wanted, up_to))

    return take


def _close(handle: Any, *, cancel_pending_enqueues: bool) -> tuple[()]:
    _queue(handle).close(cancel_pending_enqueues)
    return ()


def _size(handle: Any) -> np.ndarray:
    return np.array(_queue(handle).size, np.int32)


def _is_closed(handle: Any) -> np.ndarray:
    return np.array(_queue(handle).closed)


def _components(c: Inference) -> list[TensorShape]:
    return [TensorShape(None)] * len(c.attr("component_types"))


for _name, _host, _shape, _effects in (
    ("QueueEnqueue", _enqueue, no_outputs, writes("handle")),
    ("QueueEnqueueMany", _enqueue_many, no_outputs, writes("handle")),
    ("QueueDequeue", _dequeue, _components, writes("handle")),
    ("QueueDequeueMany", _taking_many("DequeueMany", False), _components, writes("handle")),
    ("QueueDequeueUpTo", _taking_many("DequeueUpTo", True), _components, writes("handle")),
    ("QueueClose", _close, no_outputs, writes("handle")),
    ("QueueSize", _size, scalar, reads("handle")),
    ("QueueIsClosed", _is_closed, scalar, reads("handle")),
):
    for _version in versions(_name):
        op(
            _version,
            shape=_shape,
            host=_host,
            effects=_effects,
            traits=(WAITS,) if _effects.writes else (),
            gradient=NOT_DIFFERENTIABLE,
        )
