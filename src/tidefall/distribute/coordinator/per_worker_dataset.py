"""Datasets of which each worker makes its own, and iterators over them on the workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from tidefall.base.state import state
from tidefall.composite.variables.creation import variable_creator_scope
from tidefall.data.dataset import DatasetV2, new_dataset
from tidefall.data.engine.iterator import IteratorSpec
from tidefall.distribute.coordinator.dispatch import dispatched_to
from tidefall.distribute.coordinator.per_worker_values import (
    PerWorkerDistributedIterator,
    PerWorkerResource,
    ResourceOwner,
)
from tidefall.distribute.input.distributed_dataset import (
    DistributedDataset,
    DistributedIteratorSpec,
)
from tidefall.function.concrete import ConcreteFunction
from tidefall.function.polymorphic import Function, function


class ResourceMaker(Protocol):
    """What gives each worker a resource."""

    def create_per_worker_resources(
        self, build: Callable[[ResourceOwner], Any], type_spec: Any
    ) -> tuple[PerWorkerResource, ...]: ...


class PerWorkerDataset:
    """A dataset of which each worker has its own.

    Args:
        make_dataset: makes it; called for each worker.
        element_spec: the type spec of an element.
        is_distributed: whether it makes datasets of a strategy.
        maker: what gives the workers iterators.
    """

    def __init__(
        self,
        make_dataset: Callable[[], Any],
        element_spec: Any,
        is_distributed: bool,
        maker: ResourceMaker,
    ):
        self._make_dataset = make_dataset
        self._element_spec = element_spec
        self._is_distributed = is_distributed
        self._maker = maker

    @property
    def element_spec(self) -> Any:
        """The type spec of an element."""
        return self._element_spec

    def __iter__(self) -> PerWorkerDistributedIterator:
        if state.graph is not None:
            raise RuntimeError(
                "__iter__() is not supported inside of tf.function or in graph mode: make the "
                "iterator outside, and give it to the function."
            )
        kind = DistributedIteratorSpec if self._is_distributed else IteratorSpec
        resources = self._maker.create_per_worker_resources(
            self._make_iterator, kind(self._element_spec)
        )
        return PerWorkerDistributedIterator(resources)

    def _make_iterator(self, worker: ResourceOwner) -> Any:
        with dispatched_to(worker.index):
            dataset = self._make_dataset()
        if isinstance(dataset, DistributedDataset):
            dataset = new_dataset(dataset._variant_tensor, dataset.element_spec)
        return worker.task.iterator(dataset)


def per_worker_dataset(dataset_or_fn: Any, maker: ResourceMaker) -> PerWorkerDataset:
    """The dataset that a function makes on each worker, or one that all have the whole of.

    Args:
        dataset_or_fn: a `tf.data.Dataset` or `tf.distribute.DistributedDataset`, or a function
            without arguments that returns one.
        maker: what gives the workers iterators.

    Raises:
        ValueError: for anything else, and if the function makes variables.
    """
    if isinstance(dataset_or_fn, (DatasetV2, DistributedDataset)):
        dataset = dataset_or_fn
        return PerWorkerDataset(
            lambda: dataset, dataset.element_spec, isinstance(dataset, DistributedDataset), maker
        )
    if not callable(dataset_or_fn):
        raise ValueError(
            "Unexpected dataset type! Expected a dataset or a function that returns one. "
            f"Received: {dataset_or_fn!r}"
        )
    make = _traced(dataset_or_fn)
    made = make.structured_outputs
    if not isinstance(made, (DatasetV2, DistributedDataset)):
        raise ValueError(
            "Unexpected dataset type! A `dataset_fn` must return a dataset. Received one that "
            f"returns {made!r}."
        )
    return PerWorkerDataset(make, made.element_spec, isinstance(made, DistributedDataset), maker)


def _traced(dataset_fn: Callable[[], Any]) -> ConcreteFunction:
    if isinstance(dataset_fn, ConcreteFunction):
        return dataset_fn
    if not isinstance(dataset_fn, Function):
        dataset_fn = function(dataset_fn)
    with variable_creator_scope(_refuse_variables):
        return dataset_fn.get_concrete_function()


def _refuse_variables(next_creator: Any, **kwargs: Any) -> NoReturn:
    raise ValueError("Creating variables in `dataset_fn` is not allowed.")
