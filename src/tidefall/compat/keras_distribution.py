"""`keras.distribution` over DTensor: Keras's TensorFlow backend gets what its JAX backend has.

Keras 3.15 makes meshes and layouts on its TensorFlow backend and leaves the rest out. Three of its
modules are completed as they are loaded: `distribution_lib` puts tensors on meshes, variables made
under a distribution become DVariables with the layout it says, and `fit`, `evaluate` and `predict`
divide their batches. `keras_completions.py` says when; read `complete_variables` first.

>>> import tidefall as tf
>>> distribution = tf.keras.distribution.DataParallel(devices=["cpu:0"])
>>> with distribution.scope():
...     layer = tf.keras.layers.Dense(2)
...     layer.build([None, 3])
>>> tf.experimental.dtensor.is_dtensor(layer.kernel.value)
True
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidefall.base.errors import OutOfRangeError, UnimplementedError, UnknownError


def _distribution() -> Any:
    """The distribution that is set, a `keras.distribution.Distribution`, or None."""
    from keras.src.backend.common import global_state

    return global_state.get_global_attribute("distribution")


# ---- tensors ----


def complete_library(module: Any) -> None:
    """Give Keras's `distribution_lib` for TensorFlow the functions that the one for JAX has."""
    module._to_backend_mesh = _mesh
    module.distribute_tensor = module.distribute_value = distribute_tensor
    module.get_device_count = lambda device_type=None: len(module.list_devices(device_type))
    module.initialize = _initialize_processes
    module.num_processes = lambda: 1
    module.process_id = lambda: 0


def _mesh(device_mesh: Any) -> Any:
    """The `dtensor.Mesh` for a `keras.distribution.DeviceMesh`."""
    from tidefall.distribute.dtensor.engine import device_of
    from tidefall.distribute.dtensor.meshes import create_mesh

    dims = list(zip(device_mesh.axis_names, device_mesh.shape, strict=True))
    mesh = create_mesh(dims, devices=device_mesh.devices.flatten().tolist())
    # Layers and metrics know nothing of meshes: they mix what lies there with constants.
    device_of(mesh).implicit_copies = True
    return mesh


def distribute_tensor(tensor: Any, layout: Any) -> Any:
    """Put the tensors of a structure on the devices of a layout's mesh.

    Args:
        tensor: tensors, or arrays, eager or of a function that is being traced.
        layout: a `keras.distribution.TensorLayout`, or a `dtensor.Layout`.

    Raises:
        ValueError: for a tensor that cannot be divided so.
    """
    from keras.src import tree
    from keras.src.backend import KerasTensor

    from tidefall.distribute.dtensor.relayout import relayout

    layout = getattr(layout, "backend_layout", layout)

    def one(value: Any) -> Any:
        if value is None or isinstance(value, KerasTensor):
            return value
        try:
            return relayout(value, layout)
        except UnknownError as error:
            raise ValueError(
                f"A tensor of shape {tuple(value.shape)} cannot have the layout "
                f"{list(layout.sharding_specs)} on a mesh of "
                f"{dict(zip(layout.mesh.dim_names, layout.mesh.shape(), strict=True))}: "
                f"{error.message}"
            ) from None

    return tree.map_structure(one, tensor)


def _initialize_processes(
    job_addresses: str | None, num_processes: int | None, process_id: int | None
) -> None:
    several = num_processes is not None and num_processes > 1
    if several or (job_addresses is not None and "," in job_addresses):
        raise UnimplementedError(
            None,
            None,
            "keras.distribution over several processes is not implemented in Tidefall: "
            f"initialize() got job_addresses={job_addresses!r}, num_processes={num_processes}. "
            "Take tf.distribute.MultiWorkerMirroredStrategy for them.",
        )


# ---- variables ----


def complete_variables(module: Any) -> None:
    """Have variables of Keras's `core` made on the mesh of the distribution that is set."""
    plain = module.Variable._initialize

    def _initialize(self: Any, value: Any) -> None:
        distribution = _distribution()
        if self._layout is None and distribution is not None:
            if self._shape is None:
                self._shape = self._validate_shape(value.shape)
            self._layout = distribution.get_variable_layout(self)
        if self._layout is None or isinstance(value, module.tf.Variable):
            plain(self, value)
        else:
            self._value = _variable(module, self, value)

    module.Variable._initialize = _initialize


def _variable(module: Any, keras_variable: Any, value: Any) -> Any:
    """The `DVariable` behind a variable of Keras."""
    from tidefall.base.state import init_scope
    from tidefall.distribute.dtensor.variable import DVariable

    layout = keras_variable._layout
    layout = getattr(layout, "backend_layout", layout)
    with init_scope():
        value = module.convert_to_tensor(value() if callable(value) else value)
        try:
            placed = distribute_tensor(value, layout)
        except ValueError as error:
            raise ValueError(f"Variable '{keras_variable.path}': {error}") from None
        return DVariable(
            placed,
            dtype=keras_variable._dtype,
            trainable=keras_variable.trainable,
            name=keras_variable.name,
        )


# ---- batches ----


def complete_trainer(module: Any) -> None:
    """Have the trainer's iterators divide batches as the distribution that is set says."""
    plain = module.TFEpochIterator._get_iterator

    def _get_iterator(self: Any) -> Any:
        batches = plain(self)
        distribution = _distribution()
        return batches if distribution is None else _DividedBatches(batches, distribution)

    module.TFEpochIterator._get_iterator = _get_iterator


class _DividedBatches:
    """The batches of an epoch on the mesh of a distribution.

    Keras takes those of one execution with a new `for` loop. One that finds none must end the
    epoch with an error, as datasets do; one that ends early is a short last execution.
    """

    def __init__(self, batches: Any, distribution: Any):
        self._batches = iter(batches)
        self._distribution = distribution
        self._some = False

    def __iter__(self) -> Iterator[Any]:
        self._some = False
        return self

    def __next__(self) -> Any:
        batch = next(self._batches, None)
        if batch is None:
            if self._some:
                raise StopIteration
            raise OutOfRangeError(None, None, "End of sequence")
        self._some = True
        return divided(batch, self._distribution)


def divided(batch: Any, distribution: Any) -> Any:
    """A batch on the mesh of a distribution.

    Each device has some of its rows, or all of them where their number cannot be divided, as in
    the last batch of an epoch.

    Args:
        batch: a structure of dense tensors `[batch, ...]`.
        distribution: the `keras.distribution.Distribution`.

    Raises:
        UnimplementedError: for sparse and ragged tensors.
    """
    from keras.src import tree

    from tidefall.composite.ragged.ragged_tensor import RaggedTensor
    from tidefall.composite.sparse_tensor import SparseTensor
    from tidefall.distribute.dtensor.layout import Layout
    from tidefall.tensor.tensor import is_tensor

    def one(value: Any) -> Any:
        if isinstance(value, SparseTensor | RaggedTensor):
            raise UnimplementedError(
                None,
                None,
                f"keras.distribution got a batch with a {type(value).__name__}, which is not "
                "implemented in Tidefall: make it dense, with to_dense() or to_tensor().",
            )
        if not is_tensor(value):
            return value  # an optional, for an input that is not there
        shape = tuple(value.shape)
        if not shape:
            mesh = distribution.device_mesh.backend_mesh
            return distribute_tensor(value, Layout.replicated(mesh, 0))
        layout = distribution.get_data_layout(shape).backend_layout
        if any(size % layout.num_shards(i) for i, size in enumerate(shape)):
            layout = Layout.replicated(layout.mesh, len(shape))
        return distribute_tensor(value, layout)

    return tree.map_structure(one, batch)
