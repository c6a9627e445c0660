"""What `tf.compat.v1.train.Saver` saves and restores in place of a variable."""

from __future__ import annotations

from typing import Any, NamedTuple

from tidefall.base.dtypes import DType


class SaveSpec(NamedTuple):
    """A tensor to save: the tensor, its part of a larger one, its name in files, and its dtype.

    Instead of a tensor there may be a function that returns it when it is saved.
    """

    tensor: Any
    slice_spec: str
    name: str
    dtype: DType

    def value(self) -> Any:
        """The tensor as it is now."""
        return self.tensor() if callable(self.tensor) else self.tensor


class Saveable:
    """Base of what savers take.

    Attributes:
        op: the tensor or the node that it belongs to.
        specs: the tensors to save.
        name: its name.
    """

    def __init__(self, owner: Any, specs: list[SaveSpec], name: str):
        self.op = owner
        self.specs = specs
        self.name = name

    @property
    def device(self) -> str:
        """The device it lives on."""
        return self.op.device

    def restore(self, restored_tensors: Any, restored_shapes: Any) -> Any:
        """Restore it; in a graph, the node that does so.

        Args:
            restored_tensors: one for each of `specs`.
            restored_shapes: left aside.
        """
        raise NotImplementedError
