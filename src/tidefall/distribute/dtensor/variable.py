"""`tf.experimental.dtensor.DVariable`: a variable whose value lies on a mesh."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.state import state, tapes_paused
from tidefall.composite.variables.saving import check_restored
from tidefall.composite.variables.variable import Variable
from tidefall.distribute.dtensor.engine import MeshStorage, device_of
from tidefall.distribute.dtensor.layout import Layout
from tidefall.distribute.dtensor.relayout import relayout
from tidefall.distribute.dtensor.values import DTensor, put
from tidefall.op import raw
from tidefall.op.observers import observe
from tidefall.op.op import Op
from tidefall.runtime.xla.jax_bridge import load_jax
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, TypedTensor

_UPDATES: dict[Any, Any] = {
    raw.AssignAddVariableOp: raw.AddV2,
    raw.AssignSubVariableOp: raw.Sub,
}


@export("experimental.dtensor.DVariable")
class DVariable(Variable):
    """A variable on the mesh, and with the layout, of its initial value.

    Args:
        initial_value: a DTensor, or a plain value with `layout`, or a function that returns one.
        dtype: dtype of the value.
        layout: how the value is divided, if that is not a DTensor.
        *args, **kwargs: what `tf.Variable` takes.

    Attributes:
        layout: how the value is divided.

    Raises:
        InvalidArgumentError: without a layout, or for two.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> mesh = dtensor.create_mesh([("x", 1)], devices=["CPU:0"])
    >>> v = dtensor.DVariable(dtensor.copy_to_mesh([1.0, 2.0], dtensor.Layout(["x"], mesh)))
    >>> v.assign_add(v * 2.0).layout.sharding_specs
    ['x']
    >>> v.numpy()
    array([3., 6.], dtype=float32)
    """

    layout: Layout

    def __init__(
        self,
        initial_value: Any,
        *args: Any,
        dtype: Any = None,
        **kwargs: Any,
    ):
        layout: Layout | None = kwargs.pop("layout", None)
        if callable(initial_value) and not hasattr(initial_value, "dtype"):
            initial_value = initial_value()
        value = convert_to_tensor(initial_value, dtype)
        if isinstance(value, DTensor):
            if layout is not None and layout != value.layout:
                raise InvalidArgumentError(
                    None,
                    None,
                    "Conflicting layout are provided for initial value layout "
                    f"({value.layout}) and variable ({layout}).",
                )
        elif layout is None:
            raise InvalidArgumentError(
                None, None, "Neither layout nor DTensor initial value are provided."
            )
        else:
            value = relayout(value, layout)
        self.layout = value.layout
        self._save_as_bf16 = False
        # What a plain variable would hold is not needed: the value is already on the mesh.
        shape: Any = tuple(value.shape)
        nothing = EagerTensor(np.broadcast_to(np.zeros((), value.storage.dtype), shape))
        super().__init__(nothing, *args, dtype=dtype, **kwargs)
        self._storage.value = _copied(value.storage)

    def _setup(self, name: str, dtype: Any, shape: Any, *args: Any, **kwargs: Any) -> None:
        super()._setup(name, dtype, shape, *args, **kwargs)
        storage = self._storage = MeshStorage(name, dtype, shape)
        storage.layout = self.layout
        storage.device = device_of(self.layout.mesh).name
        storage.owner = weakref.ref(self)
        self.handle = TypedTensor(storage, dtypes.resource)

    @property
    def save_as_bf16(self) -> bool:
        """Whether a float32 value is saved as bfloat16."""
        return self._save_as_bf16

    @save_as_bf16.setter
    def save_as_bf16(self, value: bool) -> None:
        self._save_as_bf16 = value and self.dtype == dtypes.float32

    # ---- reading ----

    def value(self) -> Any:
        """The current value as a DTensor."""
        if state.graph is not None:
            return self._read()
        for tape in state.tapes:
            tape.watch_variable(self)
        result = self._current()
        if state.needs_dispatch:
            observe(raw.ReadVariableOp, [self.handle], {"dtype": self._dtype}, [result])
        return result

    def _current(self) -> DTensor:
        # Compiled code may take over the buffers of a variable, but not those of a tensor.
        array = _copied(self._storage.on_mesh())
        return DTensor(array, self.layout, device_of(self.layout.mesh))

    def numpy(self) -> Any:
        """A copy of the current value, if each device has it whole.

        Raises:
            NotImplementedError: inside a function that is being traced.
            UnimplementedError: if it is divided.
        """
        if state.graph is not None:
            raise NotImplementedError("numpy() is only available when eager execution is enabled.")
        return self._current().numpy()

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Rows of the value."""
        return raw.GatherV2(self.value(), indices, 0, name=name)

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """Elements or slices of the value, one for each row of `indices` `[..., depth]`."""
        return raw.GatherNd(self.value(), indices, name=name)

    def __deepcopy__(self, memo: dict[int, Any]) -> DVariable:
        if state.graph is not None:
            raise NotImplementedError(
                "__deepcopy__() is only available when eager execution is enabled."
            )
        copied = DVariable(self._current(), trainable=self._trainable, name=self._shared_name)
        memo[id(self)] = copied
        return copied

    def __reduce__(self) -> Any:
        value = np.array(self._storage.read())
        return _rebuild, (value, self.layout.to_string(), self._trainable, self._shared_name)

    # ---- writing ----

    def assign(
        self,
        value: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Set the value.

        Args:
            value: a DTensor of the variable's mesh, dtype and shape, with any layout.

        Returns:
            The variable.

        Raises:
            ValueError: for another shape or dtype.
            UnimplementedError: for a plain tensor that is not small.
        """
        if state.graph is not None:
            return super().assign(value, bool(use_locking), name, read_value)
        tensor = convert_to_tensor(value, self._dtype)
        self._check_shape(tensor)
        device = device_of(self.layout.mesh)
        array = device.taken(raw.AssignVariableOp.name, 1, tensor)
        with self._storage.lock:
            self._storage.value = put(array, self.layout)
        return self if read_value else None

    def _update(self, op: Op, delta: Any, name: str | None, read_value: bool) -> Any:
        if state.graph is not None:
            return super()._update(op, delta, name, read_value)
        tensor = convert_to_tensor(delta, self._dtype)
        if not self._shape.is_compatible_with(tensor.shape):
            raise ValueError(
                f"Cannot update variable ' {self._name}': its shape is {self._shape} and the "
                f"shape of the value is {tensor.shape}; they must be equal."
            )
        with tapes_paused(), self._storage.lock:
            self._storage.value = put(_UPDATES[op](self._current(), tensor).storage, self.layout)
        return self if read_value else None

    # ---- saving ----

    def _serialize_to_tensors(self) -> dict[str, Any]:
        value = self._storage.read()
        if self._save_as_bf16:
            value = value.astype(dtypes.bfloat16.as_numpy_dtype)
        return {"VARIABLE_VALUE": EagerTensor(np.asarray(value))}

    def _restore_from_tensors(self, restored_tensors: dict[str, Any]) -> Any:
        tensor = convert_to_tensor(restored_tensors["VARIABLE_VALUE"])
        if self._save_as_bf16 and tensor.dtype == dtypes.bfloat16:
            tensor = EagerTensor(tensor.numpy().astype(np.float32))
        check_restored(self, tensor.dtype, tensor.shape)
        with self._storage.lock:
            self._storage.value = put(tensor.storage, self.layout)
        return self

    def __repr__(self) -> str:
        head = f"<tf.Variable '{self._name}' shape={self._shape} dtype={self._dtype.name}"
        if state.graph is not None:
            return head + ">"
        return f"{head}, value={self._current().summary()}>"


def _copied(array: Any) -> Any:
    """The array in buffers of its own, on the same devices."""
    jax = load_jax()
    with jax.enable_x64(True):
        return jax.device_put(array, array.sharding, may_alias=False)


def _rebuild(value: np.ndarray, layout: str, trainable: bool, name: str) -> DVariable:
    return DVariable(value, layout=Layout.from_string(layout), trainable=trainable, name=name)
