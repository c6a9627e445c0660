"""`tf.experimental.dtensor.DTensorDataset`: a dataset whose batches are DTensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidefall.base import data_nest as nest
from tidefall.base.exports import export
from tidefall.data.dataset import DatasetV2
from tidefall.distribute.dtensor.layout import Layout
from tidefall.distribute.dtensor.mesh import Mesh
from tidefall.distribute.dtensor.relayout import relayout
from tidefall.tensor.specs import TensorSpec


@export("experimental.dtensor.DTensorDataset")
class DTensorDataset(DatasetV2):
    """The batches of a dataset as DTensors. It is there to be iterated, not to be transformed.

    Args:
        dataset: the dataset.
        mesh: the mesh that the batches go to.
        layouts: a layout for each tensor of an element, in the structure of the elements.
        global_batch_size: how many elements a batch has over all devices.
        dataset_already_batched: whether the elements are batches of one replica's size.
        batch_dim: the dimension of the mesh that all batches are divided along; None if they are
            not.
        prefetch: how many batches are made ahead of time.
        tf_data_service_config: for several clients.

    Raises:
        ValueError: if layouts, elements and sizes do not fit together.
        NotImplementedError: with `tf_data_service_config`.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> mesh = dtensor.create_mesh([("x", 1)], devices=["CPU:0"])
    >>> batches = dtensor.DTensorDataset(
    ...     tf.data.Dataset.range(4), mesh=mesh, layouts=dtensor.Layout(["x"], mesh),
    ...     global_batch_size=2, batch_dim="x")
    >>> [batch.numpy().tolist() for batch in batches]
    [[0, 1], [2, 3]]
    """

    def __init__(
        self,
        dataset: Any,
        *,
        mesh: Mesh,
        layouts: Any,
        global_batch_size: int,
        dataset_already_batched: bool = False,
        batch_dim: str | None = None,
        prefetch: int | None = None,
        tf_data_service_config: Any = None,
    ):
        super().__init__(dataset._variant_tensor)
        if tf_data_service_config is not None:
            raise NotImplementedError("Multi-client DTensorDataset is currently not supported.")
        nest.assert_same_structure(dataset.element_spec, layouts)
        self._layouts = layouts
        flat = nest.flatten(layouts)
        for layout in flat:
            if batch_dim and layout.sharding_specs[0] != batch_dim:
                raise ValueError(
                    f"batch_dim {batch_dim} was specified but at least one layout did not contain "
                    f"it: {layout}"
                )
        specs = nest.flatten(dataset.element_spec)
        for layout, spec in zip(flat, specs, strict=True):
            _check(layout, spec, dataset_already_batched)
        replicas = mesh.dim_size(batch_dim) if batch_dim else 1
        size = global_batch_size // replicas
        if dataset_already_batched:
            given = specs[0].shape.as_list()[0]
            if given != size:
                raise ValueError(
                    "per_replica_batch_size does not matched expected size based on the mesh, got "
                    f"{given} but expected {size}."
                )
            dataset = dataset.unbatch()
        batches = dataset.batch(size * replicas, drop_remainder=True)
        self._batches = batches if prefetch is None else batches.prefetch(prefetch)
        self._spec = nest.map_structure(
            lambda s: TensorSpec([global_batch_size, *s.shape[1:]], s.dtype, s.name),
            batches.element_spec,
        )

    @property
    def element_spec(self) -> Any:
        """The type specs of a batch, over all devices."""
        return self._spec

    def __iter__(self) -> Iterator[Any]:
        for batch in self._batches:
            yield nest.map_structure(relayout, batch, self._layouts)

    def __repr__(self) -> str:
        return f"<DTensorDataset element_spec={self._spec}>"

    __str__ = __repr__


def _check(layout: Layout, spec: Any, batched: bool) -> None:
    """Raise unless the elements can be divided by a layout."""
    shape = spec.shape
    if batched:
        if shape[0] is None:
            raise ValueError(
                f"Size of batch dimension of element spec {spec} is None. Ensure "
                "drop_remainder=True when batching the dataset."
            )
        if layout.rank != shape.rank:
            raise ValueError(
                f"Expected layout with rank {shape.rank} for element spec {spec}, got layout "
                f"{layout.sharding_specs}."
            )
    elif layout.rank != shape.rank + 1:
        raise ValueError(
            f"Expected layout with rank {shape.rank + 1} for element spec {spec}, got layout "
            f"{layout.sharding_specs}. Check that the dataset is not batched before passing to "
            "DTensorDataset."
        )
    inner = layout.sharding_specs[1:]
    sizes = shape.as_list()[1:] if batched else shape.as_list()
    for name, size in zip(inner, sizes, strict=True):
        if name in layout.mesh and size is None:
            raise ValueError(f"Dimensions that are sharded must be known: {spec}, {layout}")
