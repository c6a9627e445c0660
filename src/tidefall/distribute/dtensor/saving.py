"""Saving and restoring DTensors by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.base.dtypes import bfloat16, float32
from tidefall.base.errors import InvalidArgumentError, OpError, UnimplementedError
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.composite.variables.variable import Variable
from tidefall.distribute.dtensor.engine import device_of
from tidefall.distribute.dtensor.functions import fetch_layout
from tidefall.distribute.dtensor.mesh import Mesh
from tidefall.distribute.dtensor.meshes import barrier
from tidefall.distribute.dtensor.values import DTensor
from tidefall.distribute.dtensor.variable import DVariable
from tidefall.op import raw
from tidefall.saving.checkpoint.bundle import open_checkpoint
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor


@export("experimental.dtensor.sharded_save")
def sharded_save(
    mesh: Mesh,
    file_prefix: Any,
    tensor_names: Any,
    shape_and_slices: Any,
    tensors: Sequence[Any],
) -> None:
    """Write tensors to a checkpoint by name.

    Args:
        mesh: the mesh that they are on.
        file_prefix: what the names of the files begin with.
        tensor_names: a name for each.
        shape_and_slices: an empty text for each.
        tensors: the tensors or variables.

    Raises:
        UnimplementedError: for parts of tensors.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> mesh = dtensor.create_mesh([("x", 1)], devices=["CPU:0"])
    >>> x = dtensor.copy_to_mesh([1.0], dtensor.Layout(["x"], mesh))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     dtensor.sharded_save(mesh, folder + "/x", ["x"], [""], [x])
    ...     tf.train.list_variables(folder + "/x")
    [('x', [1])]
    """
    if any(_strings(shape_and_slices)):
        raise UnimplementedError(
            None, None, "Saving parts of DTensors, shape_and_slices, is not implemented."
        )
    (prefix,) = _strings(file_prefix)
    whole = [EagerTensor(_whole(t)) for t in tensors]
    names = _strings(tensor_names)
    raw.SaveV2(prefix, names, [""] * len(names), whole)
    barrier(mesh.host_mesh(), raw.SaveV2.name)


def _strings(value: Any) -> list[str]:
    """The texts in a text, a list of them, or a tensor."""
    array = np.asarray(convert_to_tensor(value).numpy(), object).reshape(-1)
    return [item.decode() for item in array]


def _whole(value: Any) -> np.ndarray:
    """The value of a tensor or variable, its parts joined."""
    tensor = value.read_value() if isinstance(value, Variable) else convert_to_tensor(value)
    return np.asarray(tensor.storage)


@export("experimental.dtensor.name_based_save")
def name_based_save(
    mesh: Mesh, checkpoint_prefix: Any, name_tensor_dict: Mapping[str, Any]
) -> None:
    """Write DTensors to a checkpoint by name; see `sharded_save`.

    Args:
        mesh: the mesh that they are on.
        checkpoint_prefix: what the names of the files begin with.
        name_tensor_dict: the tensors or variables by name.

    Raises:
        ValueError: inside a function that is being traced.

    >>> import tempfile
    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> mesh = dtensor.create_mesh([("x", 1)], devices=["CPU:0"])
    >>> x = dtensor.copy_to_mesh([1.0], dtensor.Layout(["x"], mesh))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     dtensor.name_based_save(mesh, folder + "/x", {"x": x})
    ...     dtensor.name_based_restore(mesh, folder + "/x", {"x": x})["x"].numpy()
    array([1.], dtype=float32)
    """
    if state.graph is not None:
        raise ValueError("name based save must run eagerly.")
    names = list(name_tensor_dict)
    values = list(name_tensor_dict.values())
    sharded_save(mesh, checkpoint_prefix, names, [""] * len(names), values)


@export("experimental.dtensor.name_based_restore")
def name_based_restore(
    mesh: Mesh, checkpoint_prefix: str, name_tensor_dict: Mapping[str, Any]
) -> OrderedDict[str, DTensor]:
    """Read DTensors from a checkpoint by name.

    Args:
        mesh: the mesh that they go to.
        checkpoint_prefix: what the names of the files begin with.
        name_tensor_dict: for each name a DTensor with the layout, shape and dtype that are wanted.

    Returns:
        The tensors by name.

    Raises:
        ValueError: for a tensor that is no DTensor of CPUs; inside a function that is being traced.
        NotFoundError: for a name that is not in the checkpoint.
        InvalidArgumentError: for another shape.

    >>> import tempfile
    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> mesh = dtensor.create_mesh([("x", 1)], devices=["CPU:0"])
    >>> x = dtensor.copy_to_mesh([1, 2], dtensor.Layout(["x"], mesh))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     dtensor.name_based_save(mesh, folder + "/x", {"x": x})
    ...     dtensor.name_based_restore(mesh, folder + "/x", {"x": x})["x"].numpy()
    array([1, 2], dtype=int32)
    """
    if state.graph is not None:
        raise ValueError("name based restore must run eagerly.")
    reader = open_checkpoint(checkpoint_prefix)
    found: OrderedDict[str, DTensor] = OrderedDict()
    for name, tensor in name_tensor_dict.items():
        try:
            layout = fetch_layout(tensor)
        except OpError as error:
            raise ValueError("Saving/Restoring tensor must be a DTensor") from error
        if layout is None:
            raise ValueError("Saving/Restoring tensor must be a DTensor")
        if layout.mesh.device_type().upper() != "CPU":
            raise ValueError(
                "Restoring a non CPU Tensor is not supported currently. Offending tensor name : "
                f"{name}"
            )
        value = np.asarray(reader.read(name))
        if value.dtype == bfloat16.as_numpy_dtype and tensor.dtype == float32:
            value = value.astype(np.float32)
        if list(value.shape) != tensor.shape.as_list():
            raise InvalidArgumentError(
                None,
                None,
                f"{name} has shape {list(value.shape)} in {checkpoint_prefix}, not {tensor.shape}.",
            )
        found[name] = device_of(mesh).placed(value, layout)
    return found


@export("experimental.dtensor.enable_save_as_bf16")
def enable_save_as_bf16(variables: Sequence[Any]) -> None:
    """Have the float32 variables on meshes among some saved as bfloat16 from now on.

    Args:
        variables: the variables; plain ones stay as they are.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> layout = dtensor.Layout(["x"], dtensor.create_mesh([("x", 1)], devices=["CPU:0"]))
    >>> v = dtensor.DVariable([1.0], layout=layout)
    >>> dtensor.enable_save_as_bf16([v])
    >>> v.save_as_bf16
    True
    """
    for variable in variables:
        if isinstance(variable, DVariable):
            variable.save_as_bf16 = True
