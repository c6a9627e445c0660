"""What a variable is in checkpoints and SavedModels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base.errors import InvalidArgumentError
from tidefall.composite.variables.save_slice_info import SaveSliceInfo
from tidefall.composite.variables.storage import StoredValue
from tidefall.tensor.conversion import convert_to_tensor


class VariableSaving:
    """How a variable is written to files and restored; the part of `tf.Variable` for that."""

    _name: str
    _storage: Any
    _dtype: Any
    _shape: Any
    _shared_name: Any
    _trainable: bool
    _synchronization: Any
    _aggregation: Any
    device: Any
    value: Any
    assign: Any
    __deepcopy__: Any

    SaveSliceInfo = SaveSliceInfo
    _save_slice_info: SaveSliceInfo | None = None
    """Which part of a larger variable it is saved as."""

    def _get_save_slice_info(self) -> SaveSliceInfo | None:
        return self._save_slice_info

    def _set_save_slice_info(self, info: SaveSliceInfo | None) -> None:
        self._save_slice_info = info

    def _serialize_to_tensors(self) -> dict[str, Any]:
        return {"VARIABLE_VALUE": self.value()}

    def _restore_from_tensors(self, restored_tensors: dict[str, Any]) -> Any:
        tensor = convert_to_tensor(restored_tensors["VARIABLE_VALUE"])
        self._check_restored(tensor.dtype, tensor.shape)
        return self.assign(tensor)

    def _restore_later(self, dtype: Any, shape: Any, read: Callable[[], Any]) -> None:
        """Take a value that is read from its file when it is first used."""
        self._check_restored(dtype, shape)
        with self._storage.lock:
            self._storage.value = StoredValue(read)

    def _check_restored(self, dtype: Any, shape: Any) -> None:
        if dtype != self._dtype:
            raise InvalidArgumentError(
                None,
                None,
                f"Cannot restore variable {self._shared_name}: expected dtype {self._dtype.name} "
                f"does not equal original dtype {dtype.name}",
            )
        if not self._shape.is_compatible_with(shape):
            raise ValueError(
                f"Received incompatible tensor with shape {shape} when attempting to "
                f"restore variable with shape {self._shape} and name {self._name}."
            )

    def _write_object_proto(self, proto: Any, options: Any) -> None:
        """Describe this variable in the SavedObject of a SavedModel."""
        variable = proto.variable
        variable.SetInParent()
        variable.name = self._shared_name
        variable.trainable = self._trainable
        variable.dtype = self._dtype.as_datatype_enum
        variable.synchronization = self._synchronization.value
        variable.aggregation = self._aggregation.value
        variable.shape.CopyFrom(self._shape.as_proto())
        variable.shape.SetInParent()
        if options.experimental_variable_policy._save_variable_devices():
            variable.device = self.device

    def _copy_trackable_to_cpu(self, object_map: dict[Any, Any]) -> None:
        if self not in object_map:
            object_map[self] = self.__deepcopy__({})
        else:
            object_map[self].assign(self.value())
