"""`tf.distribute.DistributedDataset`: a dataset whose elements are spread over replicas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tidefall.base import data_nest, dtypes
from tidefall.base.composite import CompositeTensor
from tidefall.base.exports import export
from tidefall.data.auto_shard import auto_shard
from tidefall.data.dataset import DatasetV2, new_dataset
from tidefall.data.engine.iterator import IteratorSpec, OwnedIterator
from tidefall.data.engine.structure import Structure, batched, unbatched
from tidefall.data.report.batch_size import compute_batch_size
from tidefall.data.transformations.batching.rebatch import rebatch
from tidefall.data.transformations.combining.zip import zip_
from tidefall.distribute.communication import InputContext, InputReplicationMode
from tidefall.distribute.input.agreed_elements import agreed_elements_op
from tidefall.distribute.input.replica_elements import replica_elements_op
from tidefall.distribute.values import PerReplicaSpec, regroup
from tidefall.op import raw
from tidefall.tensor import type_spec_registry
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.type_spec import TypeSpec

if TYPE_CHECKING:
    from tidefall.distribute.strategy import Strategy


@export("distribute.DistributedIterator")
class DistributedIterator(OwnedIterator):
    """An iterator whose elements are spread over replicas.

    >>> import tidefall as tf
    >>> strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    >>> dataset = strategy.experimental_distribute_dataset(tf.data.Dataset.range(4).batch(2))
    >>> isinstance(iter(dataset), tf.distribute.DistributedIterator)
    True
    """

    @property
    def _type_spec(self) -> DistributedIteratorSpec:
        return DistributedIteratorSpec.of(self._structure)


@type_spec_registry.register("tf.DistributedIteratorSpec")
class DistributedIteratorSpec(IteratorSpec):
    """The type of a distributed iterator.

    Args:
        element_spec: the type spec of an element.
    """

    __slots__ = ()

    @classmethod
    def of(cls, structure: Structure) -> DistributedIteratorSpec:
        found = structure.__dict__.get("distributed_iterator_spec")
        if found is None:
            found = structure.__dict__["distributed_iterator_spec"] = cls(structure.spec)
            found._structure = structure
        return found

    @property
    def value_type(self) -> type[DistributedIterator]:
        return DistributedIterator

    def _from_components(self, components: Any) -> DistributedIterator:
        return DistributedIterator(components=components[0], element_spec=self._element_spec)


@export("distribute.DistributedDataset")
class DistributedDataset(CompositeTensor):
    """A dataset whose elements are spread over replicas.

    `Strategy.experimental_distribute_dataset` makes it. `for` goes over it, in a `tf.function`
    also; each element is a nest of `PerReplica` values for `Strategy.run`, or a nest of tensors
    where this replica is the only one.

    Args:
        dataset: a dataset that gives such elements.

    >>> import tidefall as tf
    >>> strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    >>> dataset = strategy.experimental_distribute_dataset(tf.data.Dataset.range(4).batch(2))
    >>> [strategy.run(tf.reduce_sum, args=(batch,)).numpy() for batch in dataset]
    [np.int64(1), np.int64(5)]
    """

    _iterates_in_graphs = True

    def __init__(self, dataset: DatasetV2):
        self._dataset: Any = dataset  # the methods of datasets are joined to the class later

    @property
    def element_spec(self) -> Any:
        """The type spec of an element."""
        return self._dataset.element_spec

    def __iter__(self) -> Iterator[Any]:
        return DistributedIterator(self._dataset)

    def __len__(self) -> int:
        return len(self._dataset)

    def cardinality(self) -> Any:
        """How many elements there are, as `tf.data.Dataset.cardinality` says it."""
        return self._dataset.cardinality()

    def reduce(self, initial_state: Any, reduce_func: Callable[[Any, Any], Any]) -> Any:
        """Combine all elements, one after the other; see `tf.data.Dataset.reduce`."""
        return self._dataset.reduce(initial_state, reduce_func)

    @property
    def _variant_tensor(self) -> Any:
        return self._dataset._variant_tensor

    @property
    def _type_spec(self) -> DistributedDatasetSpec:
        return DistributedDatasetSpec(self.element_spec)


class DatasetFromFunction(DistributedDataset):
    """A distributed dataset made by a function of the worker.

    Args:
        strategy: the strategy.
        dataset_fn: makes the dataset, of a `tf.distribute.InputContext`.
        options: `tf.distribute.InputOptions`.
    """

    def __init__(self, strategy: Strategy, dataset_fn: Callable[[Any], Any], options: Any):
        extended = strategy.extended
        replicas = len(extended.worker_devices)
        mode = getattr(options, "experimental_replication_mode", InputReplicationMode.PER_WORKER)
        if mode is InputReplicationMode.PER_REPLICA and replicas > 1:
            contexts = [
                InputContext(replicas, i, strategy.num_replicas_in_sync) for i in range(replicas)
            ]
            parts = tuple(dataset_fn(context) for context in contexts)
            zipped: Any = zip_(datasets=parts)
            super().__init__(zipped.map(lambda *elements: regroup(elements, always_wrap=True)))
        else:
            (context,) = extended.input_contexts()
            dataset = agreed(dataset_fn(context), context.num_input_pipelines)
            super().__init__(spread(dataset, replicas))


@type_spec_registry.register("tf.DistributedDatasetSpec")
class DistributedDatasetSpec(TypeSpec):
    """The type of a distributed dataset.

    Args:
        element_spec: the type spec of an element.
    """

    __slots__ = ("_element_spec",)

    def __init__(self, element_spec: Any):
        self._element_spec = element_spec

    @property
    def value_type(self) -> type[DistributedDataset]:
        return DistributedDataset

    def _serialize(self) -> tuple[Any, ...]:
        return (self._element_spec,)

    @property
    def _component_specs(self) -> Any:
        return TensorSpec([], dtypes.variant)

    def _to_components(self, value: DistributedDataset) -> Any:
        return value._variant_tensor

    def _from_components(self, components: Any) -> DistributedDataset:
        return DistributedDataset(new_dataset(components, self._element_spec))


def distribute(strategy: Strategy, dataset: Any, options: Any) -> DistributedDataset:
    """A dataset of global batches, each divided among the replicas.

    Args:
        strategy: the strategy.
        dataset: a `tf.data.Dataset`.
        options: `tf.distribute.InputOptions`.

    Raises:
        NotImplementedError: for a pipeline for each replica, which takes a function that makes it.
    """
    mode = getattr(options, "experimental_replication_mode", InputReplicationMode.PER_WORKER)
    if mode is InputReplicationMode.PER_REPLICA:
        raise NotImplementedError(
            "InputReplicationMode.PER_REPLICA is only supported in "
            "`distribute_datasets_from_function`."
        )
    extended = strategy.extended
    (context,) = extended.input_contexts()
    replicas = len(extended.worker_devices)
    workers = context.num_input_pipelines
    total = replicas * workers
    if total > 1:
        dataset = _smaller_batches(dataset, context.input_pipeline_id, workers, replicas)
    return DistributedDataset(spread(agreed(dataset, workers), replicas))


def _smaller_batches(dataset: DatasetV2, worker: int, workers: int, replicas: int) -> DatasetV2:
    """The part of a dataset for one worker, in batches of one replica."""
    total = workers * replicas
    size = int(compute_batch_size(dataset))
    if size > 0:
        # Each worker begins with the sizes of its own replicas, so that the batches of all replicas
        # are a global one also where the workers read files of their own.
        sizes = [size // total + (i < size % total) for i in range(total)]
        own = sizes[worker * replicas :] + sizes[: worker * replicas]
        parts = rebatch(dataset, own, drop_remainder=False)
    else:
        structure = Structure(batched(unbatched(dataset.element_spec), None))
        variant = raw.RebatchDataset(dataset._variant_tensor, total, **structure.attrs)
        parts = new_dataset(variant, structure, [dataset])
    return auto_shard(parts, workers, worker, num_replicas=total)


def agreed(dataset: DatasetV2, workers: int) -> DatasetV2:
    """A dataset that ends at the same step for all workers."""
    if workers == 1:
        return dataset
    structure = dataset._structure
    variant = agreed_elements_op(dataset._variant_tensor, **structure.attrs)
    return new_dataset(variant, structure, [dataset], "_AgreedElementsDataset")


def spread(dataset: DatasetV2, replicas: int) -> DatasetV2:
    """A dataset that gives consecutive elements to the replicas, one each.

    With one replica in each worker the elements stay tensors, which `Strategy.run` takes as well:
    Keras would otherwise take the mean of the workers' batches, which may differ in size.
    """
    if replicas == 1:
        return dataset
    structure = dataset._structure
    of_all = Structure(
        data_nest.map_structure(lambda leaf: PerReplicaSpec(*[leaf] * replicas), structure.spec)
    )
    variant = replica_elements_op(
        dataset._variant_tensor,
        replicas,
        part_sizes=[len(leaf._flat_tensor_specs) for leaf in structure.leaves],
        component_types=structure.dtypes,
        component_shapes=structure.shapes,
        **of_all.attrs,
    )
    return new_dataset(variant, of_all, [dataset], "_ReplicaElementsDataset")
