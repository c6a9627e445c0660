"""The interface between the server and whatever computes the predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

PREDICT_METHOD = "tensorflow/serving/predict"
CLASSIFY_METHOD = "tensorflow/serving/classify"
REGRESS_METHOD = "tensorflow/serving/regress"
DEFAULT_SIGNATURE = "serving_default"

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """What a signature says of one input or output.

    Args:
        dtype: TensorFlow's name of the type: "float32", "int64", "string", ...
        shape: one int per dimension, None where the size is free; None for an unknown rank.
        name: the tensor's name in the model's graph, shown in the metadata.

    >>> str(TensorInfo("float32", (None, 8, 8, 1)))
    'float32 [?,8,8,1]'
    """

    dtype: str
    shape: tuple[int | None, ...] | None
    name: str = ""

    def matches(self, shape: tuple[int, ...]) -> bool:
        """Whether a tensor of this shape is what the signature says."""
        return self._agrees(shape, self.shape)

    def refuses(self, shape: tuple[int, ...]) -> bool:
        """Whether a tensor of this shape is certainly wrong.

        Many signatures are wrong about sizes of 1: models exported with a batch of one serve any
        batch, and TensorFlow Serving's own examples send lists to inputs declared as `[]` or
        `[?,1]`. Such sizes are left to the model. All others are enforced, rank included, so that
        nothing is broadcast that only looks right.
        """
        sizes = None
        if self.shape is not None and any(size and size > 1 for size in self.shape):
            sizes = tuple(None if size == 1 else size for size in self.shape)
        return not self._agrees(shape, sizes)

    @staticmethod
    def _agrees(shape: tuple[int, ...], sizes: tuple[int | None, ...] | None) -> bool:
        if sizes is None:
            return True
        return len(shape) == len(sizes) and all(
            want is None or want == got for want, got in zip(sizes, shape, strict=True)
        )

    def __str__(self) -> str:
        return f"{self.dtype} {format_shape(self.shape)}"


def format_shape(shape: tuple[int | None, ...] | None) -> str:
    """A shape as people write it: `[?,8,8,1]`, or `<unknown rank>`."""
    if shape is None:
        return "<unknown rank>"
    return "[" + ",".join("?" if size is None else str(size) for size in shape) + "]"


@dataclass(frozen=True, slots=True)
class Signature:
    """One function of a model: named input arrays to named output arrays.

    Args:
        inputs: what each input must be, by name.
        outputs: what each output is, by name.
        run: the function. It gets one array per input, of the signature's dtype (strings are object
            arrays of bytes), and may be called by several threads at once.
        method_name: what kind of signature it is, in TensorFlow Serving's terms.
        contract: raises InvalidArgumentError for inputs that the model's data schema does not
            allow.
        defaults: the arrays to use for inputs that a gRPC request leaves out.
        checks_method: whether requests of another kind than `method_name` are refused.
        compiles: whether `run` does nothing but compute, and may be compiled for shapes it is often
            given.
    """

    inputs: Mapping[str, TensorInfo]
    outputs: Mapping[str, TensorInfo]
    run: Callable[[Arrays], Arrays]
    method_name: str = PREDICT_METHOD
    contract: Callable[[Arrays], None] | None = None
    defaults: Arrays = field(default_factory=dict[str, np.ndarray])
    checks_method: bool = False
    compiles: bool = False


class Servable(Protocol):
    """One loaded version of a model."""

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """The model's functions by signature name."""
        ...

    def close(self) -> None:
        """Frees what the model holds; called once, after the last request has finished."""
        ...


@dataclass(frozen=True, slots=True)
class FunctionServable:
    """A servable made of plain functions over NumPy arrays.

    >>> import numpy as np
    >>> scalar = TensorInfo("float32", (None,))
    >>> half = Signature({"x": scalar}, {"y": scalar}, lambda x: {"y": x["x"] / 2})
    >>> model = FunctionServable({"serving_default": half})
    >>> model.signatures["serving_default"].run({"x": np.float32([4])})["y"]
    array([2.], dtype=float32)
    """

    signatures: Mapping[str, Signature]
    on_close: Callable[[], None] = field(default=lambda: None)

    def close(self) -> None:
        """Calls `on_close`."""
        self.on_close()


Loader = Callable[[Path], Servable]
"""Loads the version directory at a path; raises where it holds no model that can be served."""
