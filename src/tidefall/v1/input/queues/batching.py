"""Batches out of single elements, through queues: `batch`, `shuffle_batch` and their forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope, state
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.control_flow.cond import cond
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.ops.array.identity import no_op
from tidefall.ops.common import known_value
from tidefall.ops.queues.queues import FIFOQueue, PaddingFIFOQueue, RandomShuffleQueue
from tidefall.ops.slices.gathering import boolean_mask
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.v1.functions.summaries import scalar
from tidefall.v1.input.queues.producers import NOT_EAGER, summarize_fill
from tidefall.v1.input.queues.queue_runner import QueueRunner, add_queue_runner

MakeQueue = Callable[[list[Any], list[TensorShape]], Any]


class _Batches:
    """A queue between threads that make elements and a node that takes batches.

    Args:
        elements: for each thread the components, as a list or a dict of tensors.
        enqueue_many: whether they hold several elements, `[count, ...]`.
        shapes: shapes of the components of an element, where they are not known.
        keep_input: a bool scalar, or `[count]`: whether to add the element.
    """

    def __init__(self, elements: Sequence[Any], enqueue_many: bool, shapes: Any, keep_input: Any):
        if not elements:
            raise ValueError("Expected at least one set of tensors")
        self._first = elements[0]
        self._many = enqueue_many
        self._lists = [_components(element) for element in elements]
        self._shapes = shapes
        self._keep = self._checked(keep_input)
        kinds = [[tensor.dtype.base_dtype for tensor in tensors] for tensors in self._lists]
        if any(kind != kinds[0] for kind in kinds):
            raise TypeError(f"Expected types to be consistent: {kinds}")
        self._types = kinds[0]

    def _checked(self, keep: Any) -> Any:
        keep = convert_to_tensor(keep)
        if keep.shape.rank is None:
            raise ValueError("`keep_input` dimensions must be known at graph construction.")
        if not self._many and keep.shape.rank == 1:
            raise ValueError("`keep_input` cannot be a vector when `enqueue_many=False`.")
        if keep.shape.rank > 1:
            raise ValueError("`keep_input` must be 0 or 1 dimensions.")
        return keep

    def _element_shapes(self) -> list[TensorShape]:
        if self._shapes is not None:
            return [TensorShape(shape) for shape in self._shapes]
        found = []
        for column in zip(*self._lists, strict=True):
            for tensor in column:
                if tensor.shape.rank is None:
                    raise ValueError(f"Cannot infer Tensor's rank: {tensor}")
            shapes = [t.shape.with_rank_at_least(1)[1:] if self._many else t.shape for t in column]
            found.append(_common(shapes))
        return found

    def take(
        self,
        make_queue: MakeQueue,
        threads: int,
        batch_size: Any,
        up_to: bool,
        summarize: Callable[[Any], None],
        name: str,
    ) -> Any:
        """The node that takes batches, in the structure of an element."""
        queue = make_queue(self._types, self._element_shapes())
        nodes = [self._add(queue, tensors) for tensors in self._lists]
        if len(self._lists) == 1:
            nodes = nodes * threads
        add_queue_runner(QueueRunner(queue, nodes))
        summarize(queue)
        found = (queue.dequeue_up_to if up_to else queue.dequeue_many)(batch_size, name=name)
        tensors = found if isinstance(found, list) else [found]
        if isinstance(self._first, Mapping):
            return dict(zip(sorted(self._first), tensors, strict=True))
        return tensors[0] if len(tensors) == 1 else tensors

    def _add(self, queue: Any, tensors: list[Any]) -> Any:
        add = queue.enqueue_many if self._many else queue.enqueue
        keep = known_value(self._keep)
        if keep is not None and keep.ndim == 0 and keep:
            return add(tensors)
        if self._keep.shape.rank == 1:
            return add([boolean_mask(tensor, self._keep) for tensor in tensors])
        found = cond(self._keep, lambda: _told(add(tensors)), lambda: _told(no_op()))
        return found.op if not isinstance(found, Operation) else found


def _told(_: Any) -> Any:
    """A tensor for a branch that is there for what it does."""
    return convert_to_tensor(True)


def _components(element: Any) -> list[Any]:
    values = [element[key] for key in sorted(element)] if isinstance(element, Mapping) else element
    if hasattr(values, "dtype"):
        raise TypeError(f"Expected a list or dict of tensors, but got {values!r}.")
    if any(isinstance(value, SparseTensor) for value in values):
        raise UnimplementedError(
            None, None, "Batches of sparse tensors through queues are not implemented in Tidefall."
        )
    tensors = [convert_to_tensor(value) for value in values]
    if not tensors:
        raise ValueError("Expected at least one tensor in batch().")
    return tensors


def _common(shapes: Sequence[TensorShape]) -> TensorShape:
    """The dimensions in which shapes of the same rank agree."""
    ranks = {shape.rank for shape in shapes}
    if len(ranks) > 1:
        raise ValueError(f"Shapes must have the same rank: {list(shapes)}")
    columns = zip(*(shape.as_list() for shape in shapes), strict=True)
    return TensorShape([sizes[0] if len(set(sizes)) == 1 else None for sizes in columns])


def _batch(
    elements: Sequence[Any], batch_size: Any, threads: int, capacity: int, enqueue_many: bool,
    shapes: Any, dynamic_pad: bool, up_to: bool, shared_name: str | None, name: str, keep: Any,
) -> Any:  # fmt: skip
    if state.graph is None:
        raise ValueError(NOT_EAGER)
    with name_scope(name) as scope:
        batches = _Batches(elements, enqueue_many, shapes, keep)
        kind: Any = PaddingFIFOQueue if dynamic_pad else FIFOQueue

        def make(types: list[Any], known: list[TensorShape]) -> Any:
            return kind(capacity=capacity, dtypes=types, shapes=known, shared_name=shared_name)

        def summarize(queue: Any) -> None:
            summarize_fill(queue, capacity, f"fraction_of_{capacity}_full")

        return batches.take(make, threads, batch_size, up_to, summarize, scope)


def _shuffle_batch(
    elements: Sequence[Any], batch_size: Any, capacity: int, least: int, threads: int,
    seed: int | None, enqueue_many: bool, shapes: Any, up_to: bool, shared_name: str | None,
    name: str, keep: Any,
) -> Any:  # fmt: skip
    if state.graph is None:
        raise ValueError(NOT_EAGER)
    with name_scope(name) as scope:
        batches = _Batches(elements, enqueue_many, shapes, keep)

        def make(types: list[Any], known: list[TensorShape]) -> Any:
            return RandomShuffleQueue(
                capacity, least, types, known, seed=seed, shared_name=shared_name
            )

        def summarize(queue: Any) -> None:
            beyond = raw.Maximum(0, queue.size() - least)
            part = raw.Cast(beyond, DstT=dtypes.float32) * (1.0 / (capacity - least))
            scalar(f"fraction_over_{least}_of_{capacity - least}_full", part)

        return batches.take(make, threads, batch_size, up_to, summarize, scope)


@export("compat.v1.train.batch")
def batch(
    tensors: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Batches of elements, which threads compute ahead.

    Args:
        tensors: a list or dict of tensors, the components of an element.
        batch_size: how many elements make a batch.
        num_threads: how many threads compute elements.
        capacity: how many elements the queue holds.
        enqueue_many: whether `tensors` hold several elements, `[count, ...]`.
        shapes: shapes of the components, where they are not known.
        dynamic_pad: pad components of different sizes with zeros.
        allow_smaller_final_batch: whether the last batch may be smaller.
        shared_name: a name under which the queue is shared.
        name: name of the node.

    Returns:
        Tensors `[batch_size, ...]` in the structure of `tensors`.

    Raises:
        ValueError: if shapes are not known, or in eager code.
    """
    return _batch(
        [tensors], batch_size, num_threads, capacity, enqueue_many, shapes, dynamic_pad,
        allow_smaller_final_batch, shared_name, name or "batch", True,
    )  # fmt: skip


@export("compat.v1.train.maybe_batch")
def maybe_batch(
    tensors: Any,
    keep_input: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`batch` of the elements for which `keep_input` is true.

    Args:
        keep_input: a bool scalar, or `[count]` with `enqueue_many`.
        tensors, batch_size, num_threads, capacity, enqueue_many, shapes, dynamic_pad,
            allow_smaller_final_batch, shared_name, name: as for `batch`.
    """
    return _batch(
        [tensors], batch_size, num_threads, capacity, enqueue_many, shapes, dynamic_pad,
        allow_smaller_final_batch, shared_name, name or "batch", keep_input,
    )  # fmt: skip


@export("compat.v1.train.batch_join")
def batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`batch` of the elements of several sources, one thread for each.

    Args:
        tensors_list: a list of what `batch` takes.
        batch_size, capacity, enqueue_many, shapes, dynamic_pad, allow_smaller_final_batch,
            shared_name, name: as for `batch`.
    """
    return _batch(
        list(tensors_list), batch_size, 1, capacity, enqueue_many, shapes, dynamic_pad,
        allow_smaller_final_batch, shared_name, name or "batch_join", True,
    )  # fmt: skip


@export("compat.v1.train.maybe_batch_join")
def maybe_batch_join(
    tensors_list: Any,
    keep_input: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`batch_join` of the elements for which `keep_input` is true; see `maybe_batch`."""
    return _batch(
        list(tensors_list), batch_size, 1, capacity, enqueue_many, shapes, dynamic_pad,
        allow_smaller_final_batch, shared_name, name or "batch_join", keep_input,
    )  # fmt: skip


@export("compat.v1.train.shuffle_batch")
def shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Batches of shuffled elements, which threads compute ahead.

    Args:
        tensors: a list or dict of tensors, the components of an element.
        batch_size: how many elements make a batch.
        capacity: how many elements the queue holds.
        min_after_dequeue: how many elements stay to be mixed with later ones.
        num_threads: how many threads compute elements.
        seed: seed of the order.
        enqueue_many, shapes, allow_smaller_final_batch, shared_name, name: as for `batch`.
    """
    return _shuffle_batch(
        [tensors], batch_size, capacity, min_after_dequeue, num_threads, seed, enqueue_many,
        shapes, allow_smaller_final_batch, shared_name, name or "shuffle_batch", True,
    )  # fmt: skip


@export("compat.v1.train.maybe_shuffle_batch")
def maybe_shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`shuffle_batch` of the elements for which `keep_input` is true; see `maybe_batch`."""
    return _shuffle_batch(
        [tensors], batch_size, capacity, min_after_dequeue, num_threads, seed, enqueue_many,
        shapes, allow_smaller_final_batch, shared_name, name or "shuffle_batch", keep_input,
    )  # fmt: skip


@export("compat.v1.train.shuffle_batch_join")
def shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`shuffle_batch` of the elements of several sources, one thread for each."""
    return _shuffle_batch(
        list(tensors_list), batch_size, capacity, min_after_dequeue, 1, seed, enqueue_many,
        shapes, allow_smaller_final_batch, shared_name, name or "shuffle_batch_join", True,
    )  # fmt: skip


@export("compat.v1.train.maybe_shuffle_batch_join")
def maybe_shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`shuffle_batch_join` of the elements for which `keep_input` is true; see `maybe_batch`."""
    return _shuffle_batch(
        list(tensors_list), batch_size, capacity, min_after_dequeue, 1, seed, enqueue_many,
        shapes, allow_smaller_final_batch, shared_name, name or "shuffle_batch_join", keep_input,
    )  # fmt: skip
