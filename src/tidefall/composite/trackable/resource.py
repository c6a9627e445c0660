"""Trackables that stand for a resource: lookup tables and the like, and files that go with them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.composite.trackable.trackable import Trackable
from tidefall.tensor.conversion import convert_to_tensor, register_tensor_conversion_function
from tidefall.tensor.tensor import EagerTensor, TypedTensor

_KEEPER: ContextVar[Callable[[Any], None] | None] = ContextVar("resource_keeper", default=None)


@contextlib.contextmanager
def resource_tracker_scope(keep: Callable[[Any], None]) -> Iterator[None]:
    """Give each resource that is made meanwhile to a function, which may keep it to be saved."""
    token = _KEEPER.set(keep)
    try:
        yield
    finally:
        _KEEPER.reset(token)


@export("saved_model.experimental.TrackableResource")
class TrackableResource(Trackable):
    """Base of objects that own a resource which a SavedModel makes again when it is loaded.

    A subclass makes the resource in `_create_resource` and fills it in `_initialize`, both with
    TensorFlow ops, because SavedModels store the two as functions.

    Args:
        device: where the resource should live.

    >>> import tidefall as tf
    >>> class Table(tf.saved_model.experimental.TrackableResource):
    ...     def _create_resource(self):
    ...         return tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[], shared_name="t")
    >>> Table().resource_handle.dtype
    tf.resource
    """

    def __init__(self, device: str = ""):
        self._resource_handle_value: Any = None
        self._resource_device = device
        keep = _KEEPER.get()
        if keep is not None:
            keep(self)

    @property
    def resource_handle(self) -> Any:
        """The tensor that stands for the resource, made when it is first asked for."""
        if getattr(self, "_resource_handle_value", None) is None:
            from tidefall.base.state import init_scope

            with init_scope():
                self._resource_handle_value = self._create_resource()
        return self._resource_handle_value

    @property
    def _resource_handle(self) -> Any:
        return getattr(self, "_resource_handle_value", None)

    @_resource_handle.setter
    def _resource_handle(self, value: Any) -> None:
        self._resource_handle_value = value

    def _create_resource(self) -> Any:
        """Make the resource; returns its handle."""
        raise NotImplementedError("TrackableResource._create_resource not implemented.")

    def _initialize(self) -> Any:
        """Fill the resource; nothing by default."""

    def _destroy_resource(self) -> None:
        """Free the resource; here it goes with its last user."""


@export("saved_model.Asset")
class Asset(Trackable):
    """A file that is copied into the SavedModels of the functions that use it.

    It may be given wherever a string tensor may, and stands for the file's path.

    Args:
        path: the file. A loaded model sees the copy's path.

    >>> import tidefall as tf
    >>> asset = tf.saved_model.Asset("vocabulary.txt")
    >>> asset.asset_path.numpy()
    b'vocabulary.txt'
    >>> tf.strings.length(asset).numpy()
    np.int32(14)
    """

    def __init__(self, path: Any):
        if isinstance(path, Asset):
            path = path.asset_path
        value = path.numpy() if isinstance(path, EagerTensor) else os.fsencode(path)
        # A typed tensor is captured by functions, never copied into them as a constant.
        self._path = TypedTensor(np.array(value, object), dtypes.string)

    @property
    def asset_path(self) -> Any:
        """The file's path, a scalar string tensor. Capture this in functions."""
        return self._path


def _path_of(asset: Asset, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    path, graph = asset.asset_path, state.graph
    if graph is not None and not graph.building_function:  # TensorFlow 1's captures nothing
        path = graph.constant(np.array(path.numpy(), object), dtypes.string, "asset_path")
    return convert_to_tensor(path, dtype, name=name)


register_tensor_conversion_function(Asset, _path_of)
