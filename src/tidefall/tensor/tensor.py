"""`tf.Tensor`: eager tensors hold an array, symbolic ones name an output of a graph node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import FROM_NUMPY, DType
from tidefall.base.errors import OperatorNotAllowedInGraphError
from tidefall.base.shapes import TensorShape
from tidefall.base.type_guards import is_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidefall.graph.graph import Graph
    from tidefall.graph.operation import Operation

ndarray = np.ndarray
NUMPY_SCALAR: type[Any] = np.generic
NUMPY_VALUES: tuple[type[Any], ...] = (np.ndarray, np.generic)
"""The classes of NumPy's arrays and scalars, of whatever type."""
CPU = "/job:localhost/replica:0/task:0/device:CPU:0"


class TensorType:
    """What every kind of tensor is, for `isinstance` (`tf.__internal__.types.Tensor`)."""

    __slots__ = ()


class Reference:
    """A hashable handle of a tensor or variable, compared by identity (`Tensor.ref()`)."""

    __slots__ = ("_target",)

    def __init__(self, target: Any):
        self._target = target

    def deref(self) -> Any:
        """The tensor or variable behind this reference."""
        return self._target

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and self._target is other._target

    def __hash__(self) -> int:
        return id(self._target)

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._target!r}>"


class Tensor(TensorType):
    """A multi-dimensional array of one dtype; `EagerTensor` and `SymbolicTensor` are its kinds.

    >>> import tidefall as tf
    >>> x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    >>> x.shape, x.dtype, isinstance(x, tf.Tensor)
    (TensorShape([2, 2]), tf.float32, True)
    """

    __slots__ = ("__dict__", "__weakref__")
    __array_priority__ = 100
    OVERLOADABLE_OPERATORS: frozenset[str] = frozenset()

    if TYPE_CHECKING:
        # What both kinds have, each in its way; the operators are set by `ops/operators.py`.
        op: Operation
        value_index: int

        @property
        def dtype(self) -> DType: ...
        @property
        def shape(self) -> TensorShape: ...
        @property
        def graph(self) -> Graph: ...
        @property
        def name(self) -> str: ...
        @property
        def device(self) -> str: ...
        def numpy(self) -> Any: ...
        def eval(self, feed_dict: Any = None, session: Any = None) -> Any: ...
        def set_shape(self, shape: Any) -> None: ...
        def consumers(self) -> list[Operation]: ...
        def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray: ...
        def __float__(self) -> float: ...
        def __int__(self) -> int: ...
        def __index__(self) -> int: ...
        def __len__(self) -> int: ...
        def __iter__(self) -> Iterator[Tensor]: ...
        def __getitem__(self, key: Any, /) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __add__(self, other: Any, /) -> Tensor: ...
        def __radd__(self, other: Any, /) -> Tensor: ...
        def __floordiv__(self, other: Any, /) -> Tensor: ...
        def __rfloordiv__(self, other: Any, /) -> Tensor: ...
        def __matmul__(self, other: Any, /) -> Tensor: ...
        def __rmatmul__(self, other: Any, /) -> Tensor: ...
        def __mod__(self, other: Any, /) -> Tensor: ...
        def __rmod__(self, other: Any, /) -> Tensor: ...
        def __mul__(self, other: Any, /) -> Tensor: ...
        def __rmul__(self, other: Any, /) -> Tensor: ...
        def __pow__(self, other: Any, /) -> Tensor: ...
        def __rpow__(self, other: Any, /) -> Tensor: ...
        def __sub__(self, other: Any, /) -> Tensor: ...
        def __rsub__(self, other: Any, /) -> Tensor: ...
        def __truediv__(self, other: Any, /) -> Tensor: ...
        def __rtruediv__(self, other: Any, /) -> Tensor: ...
        def __and__(self, other: Any, /) -> Tensor: ...
        def __rand__(self, other: Any, /) -> Tensor: ...
        def __or__(self, other: Any, /) -> Tensor: ...
        def __ror__(self, other: Any, /) -> Tensor: ...
        def __xor__(self, other: Any, /) -> Tensor: ...
        def __rxor__(self, other: Any, /) -> Tensor: ...
        def __lt__(self, other: Any, /) -> Tensor: ...
        def __le__(self, other: Any, /) -> Tensor: ...
        def __gt__(self, other: Any, /) -> Tensor: ...
        def __ge__(self, other: Any, /) -> Tensor: ...

    def __bool__(self) -> bool:
        # Both kinds have their own; classes that convert to tensors take this one for theirs.
        from tidefall.tensor.conversion import convert_to_tensor

        return bool(convert_to_tensor(self))

    __nonzero__ = __bool__

    @property
    def ndim(self) -> int:
        """Number of dimensions, or -1 when the rank is unknown."""
        rank = self.shape.rank
        return -1 if rank is None else rank

    def get_shape(self) -> TensorShape:
        """The static shape; same as `.shape`."""
        return self.shape

    def ref(self) -> Reference:
        """A hashable reference to this tensor, for use as a key in sets and dicts."""
        return Reference(self)

    def experimental_ref(self) -> Reference:
        """Old name of `ref`."""
        return Reference(self)

    def __hash__(self) -> int:
        raise TypeError("Tensor is unhashable. Instead, use tensor.ref() as the key.")

    def _shape_as_list(self) -> list[int | None] | None:
        return None if self.shape.rank is None else self.shape.as_list()

    def _shape_tuple(self) -> tuple[int | None, ...] | None:
        return None if self.shape.rank is None else tuple(self.shape.as_list())

    @property
    def is_symbolic(self) -> bool:
        return isinstance(self, SymbolicTensor)

    @property
    def _type_spec(self) -> Any:
        from tidefall.tensor.specs import TensorSpec

        return TensorSpec.from_tensor(self)

    def __tf_tracing_type__(self, context: Any = None) -> Any:
        return self._type_spec


# Keras knows tensors of TensorFlow by the name and module of a class.
Tensor.__module__ = "tensorflow.python.framework.tensor"


class EagerTensor(Tensor):
    """A tensor with a value: an immutable NumPy array, or a JAX array made by compiled code.

    The array behind a tensor is never written to after it was handed over, because compiled code
    may still be reading it.

    Attributes:
        storage: that array; for resources and variants of shape () the object they stand for.
    """

    __slots__ = ("storage",)

    def __init__(self, value: Any):
        self.storage = value

    @property
    def dtype(self) -> DType:
        value = self.storage
        found = FROM_NUMPY.get(value.dtype)
        return found if found is not None else dtypes.as_dtype(value.dtype)

    @property
    def shape(self) -> TensorShape:
        return TensorShape(self.storage.shape)

    @shape.setter
    def shape(self, value: Any) -> None:
        self.set_shape(value)

    def set_shape(self, shape: Any) -> None:
        """Check that this tensor's shape is compatible with `shape`."""
        if not self.shape.is_compatible_with(shape):
            raise ValueError(
                f"Tensor's shape {self.shape} is not compatible with supplied shape {shape}."
            )

    def host_array(self) -> Any:
        """The value as an array that must not be written to."""
        value = self.storage
        return value if type(value) is ndarray else np.asarray(value)

    def _numpy(self) -> Any:
        """TensorFlow's name for it, which other packages call."""
        return self.host_array()

    def numpy(self) -> Any:
        """A copy of the value: `np.ndarray`, a NumPy scalar for shape (), `bytes` for strings."""
        value = self.host_array()
        if value.ndim == 0:
            return value[()]
        return np.array(value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        value = self.host_array()
        if dtype is not None and value.dtype != dtype:
            return value.astype(dtype)
        if copy:
            return np.array(value)
        view = value.view()
        view.flags.writeable = False
        return view

    def __dlpack__(self, **kwargs: Any) -> Any:
        return np.array(self.host_array()).__dlpack__(**kwargs)

    def __dlpack_device__(self) -> Any:
        return (1, 0)

    @property
    def device(self) -> str:
        """Name of the device that holds the value."""
        value = self.storage
        if type(value) is ndarray or not hasattr(value, "devices"):
            return CPU
        from tidefall.base.devices import array_device_name

        return array_device_name(value)

    @property
    def backing_device(self) -> str:
        """Name of the device that holds the value."""
        return self.device

    def cpu(self) -> EagerTensor:
        """A tensor with the same value on the host."""
        return EagerTensor(self.host_array())

    def gpu(self, gpu_index: int = 0) -> Any:
        """A tensor with the same value on a GPU.

        Raises:
            RuntimeError: if there is no such GPU.
        """
        from tidefall.base.devices import HOST
        from tidefall.tensor.placement import device_for

        op_device = device_for(f"{HOST}/device:GPU:{gpu_index}")
        if op_device is None or not op_device.accelerated:
            raise RuntimeError(f"GPU:{gpu_index} unknown device.")
        return op_device.keep(EagerTensor(self.storage))

    @property
    def _id(self) -> int:
        return id(self)

    @property
    def graph(self) -> Graph:
        raise AttributeError("Tensor.graph is undefined when eager execution is enabled.")

    @property
    def op(self) -> Operation:  # pyright: ignore[reportIncompatibleVariableOverride]  # has none
        raise AttributeError("Tensor.op is undefined when eager execution is enabled.")

    @property
    def name(self) -> str:
        raise AttributeError("Tensor.name is undefined when eager execution is enabled.")

    @property
    def value_index(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]  # the same
        raise AttributeError("Tensor.value_index is undefined when eager execution is enabled.")

    def __len__(self) -> int:
        shape = self.storage.shape
        if not shape:
            raise TypeError("Scalar tensor has no `len()`")
        return shape[0]

    def __iter__(self) -> Any:
        if not self.storage.shape:
            raise TypeError("Cannot iterate over a scalar tensor.")
        return (self[i] for i in range(self.storage.shape[0]))

    def __bool__(self) -> bool:
        value = self.host_array()
        return bool(value) if value.size else False

    def __int__(self) -> int:
        return int(self.host_array())

    def __float__(self) -> float:
        return float(self.host_array())

    def __complex__(self) -> complex:
        return complex(self.host_array())

    def __index__(self) -> int:
        return self.host_array().__index__()

    def __round__(self, *args: Any) -> Any:
        return round(self.host_array()[()], *args)

    def __format__(self, spec: str) -> str:
        return format(self.host_array()[()], spec)

    def __copy__(self) -> EagerTensor:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> EagerTensor:
        return self

    def __reduce__(self) -> Any:
        return _rebuild, (np.asarray(self.host_array()),)

    def __str__(self) -> str:
        return f"tf.Tensor({_value_text(self, str)}, shape={self.shape}, dtype={self.dtype.name})"

    def __repr__(self) -> str:
        return (
            f"<tf.Tensor: shape={self.shape}, dtype={self.dtype.name}, "
            f"numpy={_value_text(self, repr)}>"
        )


class PlacedTensor(EagerTensor):
    """An eager tensor that is on a part of the CPU other than the first, `tf.device("cpu:1")`."""

    __slots__ = ("_device",)

    def __init__(self, value: Any, device: str):
        self.storage = value
        self._device = device

    @property
    def device(self) -> str:
        return self._device


class MeshTensor(EagerTensor):
    """An eager tensor that lies on all devices of a mesh, whole or in parts.

    Attributes:
        mesh_device: what runs its ops (a `tidefall.tensor.placement.Device`).
    """

    __slots__ = ("mesh_device",)

    def __init__(self, value: Any, mesh_device: Any):
        self.storage = value
        self.mesh_device = mesh_device

    @property
    def device(self) -> str:
        return self.mesh_device.name


class OnMesh(Exception):
    """Raised where an op meets a tensor of a mesh on its way to a kernel of the host.

    Attributes:
        device: what runs the op.
    """

    def __init__(self, device: Any):
        super().__init__("This op runs on a mesh.")
        self.device = device


class TypedTensor(EagerTensor):
    """An eager tensor whose dtype NumPy has no word for: resource, variant, quantised.

    For resources and variants of shape () the value is the Python object itself.
    """

    __slots__ = ("_dtype",)

    def __init__(self, value: Any, dtype: DType):
        self.storage = value
        self._dtype = dtype

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def device(self) -> str:
        value = self.storage
        return CPU if type(value) is ndarray else getattr(value, "device", CPU)

    @EagerTensor.shape.getter
    def shape(self) -> TensorShape:
        return TensorShape(self.storage.shape if is_array(self.storage) else ())

    def host_array(self) -> Any:
        if is_array(self.storage):
            return self.storage
        raise NotImplementedError(f"numpy() is not available for dtype {self._dtype.name}.")

    def __repr__(self) -> str:
        if is_array(self.storage):
            return super().__repr__()
        return f"<tf.Tensor: shape={self.shape}, dtype={self.dtype.name}, value={self.storage!r}>"

    __str__ = __repr__

    def __reduce__(self) -> Any:
        raise TypeError(f"A tensor of dtype {self._dtype.name} cannot be pickled.")


def _rebuild(value: np.ndarray) -> EagerTensor:
    return EagerTensor(value)


def _value_text(tensor: EagerTensor, show: Any) -> str:
    """The value as TensorFlow prints it: scalars as Python's (in `repr`) or NumPy's (in `str`)."""
    value = tensor.host_array()
    if value.ndim == 0:
        return repr(value.item()) if show is repr or value.dtype == object else str(value[()])
    text = show(value)
    return f"\n{text}" if "\n" in text else text


NOT_ASKED = object()
"""Stands for the static value of a tensor that nobody asked for yet."""


class SymbolicTensor(Tensor):
    """An output of a graph node: dtype and shape (perhaps partly unknown), no value.

    Attributes:
        op: the node.
        value_index: which of its outputs this is.
        static_value: the value that constants and static shapes determine, once it was asked for.
        value_hint: for a handle the tensor outside of the graph that knows what it refers to.
    """

    # Users, Keras among them, may set attributes of their own; none of ours are kept there.
    __slots__ = ("_dtype", "_shape", "op", "static_value", "value_hint", "value_index")

    def __init__(self, op: Operation, value_index: int, dtype: DType, shape: TensorShape):
        self.op = op
        self.value_index = value_index
        self._dtype = dtype
        self._shape = shape
        self.static_value: Any = NOT_ASKED
        self.value_hint: Any = None

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        return self._shape

    def set_shape(self, shape: Any) -> None:
        """Refine the static shape with what the program knows beyond the shape rules.

        Raises:
            ValueError: if `shape` contradicts what is already known.
        """
        self._shape = self._shape.merge_with(shape)

    @property
    def graph(self) -> Graph:
        """The graph this tensor belongs to."""
        return self.op.graph

    @property
    def name(self) -> str:
        """Name of the tensor: its node's name and output number."""
        return f"{self.op.name}:{self.value_index}"

    @property
    def device(self) -> str:
        """The device its node was placed on, or an empty string."""
        return self.op.device

    def consumers(self) -> list[Operation]:
        """The nodes that read this tensor."""
        return self.op.graph.consumers(self)

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """The value in a session, by default the default one.

        Args:
            feed_dict: values for tensors of the graph.
            session: the session.

        Raises:
            ValueError: if there is no session, or it runs another graph.
        """
        return self.op.graph.session_of(session).run(self, feed_dict)

    def __hash__(self) -> int:
        # Tensors of a graph that sessions run are compared by identity, and are keys of feeds.
        return super().__hash__() if self.op.graph.building_function else id(self)

    @property
    def _id(self) -> int:
        return id(self)

    @property
    def numpy(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # as said below
        """Symbolic tensors have no value; this always raises.

        A property, so that `hasattr(tensor, "numpy")` tells them from tensors with a value.
        """
        raise AttributeError(
            f"'SymbolicTensor' object has no attribute 'numpy': {self!r} is a placeholder of the "
            "function being traced and has no value yet. Return it from the function, or wrap the "
            "NumPy code in tf.numpy_function."
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise NotImplementedError(
            f"Cannot convert a symbolic tf.Tensor ({self.name}) to a numpy array. This error may "
            "indicate that you're trying to pass a Tensor to a NumPy call, which is not supported."
        )

    def _no_value(self, task: str) -> Any:
        where = self.op.user_line
        at = f" It was created at {where}." if where else ""
        raise OperatorNotAllowedInGraphError(
            f"Using a symbolic `tf.Tensor` {task} is not allowed: {self!r} has no value while the "
            f"function is being traced.{at} Use a TensorFlow op such as tf.cond or tf.while_loop, "
            "or decorate the function with @tf.function so that AutoGraph can convert it."
        )

    def __bool__(self) -> bool:
        return self._no_value("as a Python `bool`")

    def __iter__(self) -> Any:
        shape = self._shape
        if shape.rank is None or shape.rank == 0 or shape[0] is None:
            self._no_value("to iterate over")
        return (self[i] for i in range(shape[0]))

    def __len__(self) -> int:
        raise TypeError(
            f"len is not well defined for a symbolic Tensor ({self.name}). "
            "Please call `x.shape` rather than `len(x)` for shape information."
        )

    def __int__(self) -> int:
        return self._no_value("as a Python `int`")

    def __float__(self) -> float:
        return self._no_value("as a Python `float`")

    def __index__(self) -> int:
        where = f" (made at {self.op.user_line})" if self.op.user_line else ""
        raise TypeError(
            f"list indices must be integers or slices, not {type(self).__name__}: {self!r}{where} "
            "has no value while the function is traced. Stack the list and index the tensor: "
            "tf.stack(list)[index]."
        )

    def __copy__(self) -> SymbolicTensor:
        return self

    def __repr__(self) -> str:
        shape = self._shape
        return f"<tf.Tensor '{self.name}' shape={shape} dtype={self._dtype.name}>"

    def __str__(self) -> str:
        shape = "" if self._shape.rank is None else f"shape={self._shape}, "
        return f'Tensor("{self.name}", {shape}dtype={self._dtype.name})'


def hint_of(tensor: Any) -> Any:
    """The tensor that knows what a handle refers to: that outside of all graphs, or `tensor`."""
    hint = getattr(tensor, "value_hint", None)
    return tensor if hint is None else hint


def is_tensor(x: Any) -> bool:
    """True when `x` is a tensor, a variable, a ragged or sparse tensor, or IndexedSlices.

    >>> import tidefall as tf
    >>> tf.is_tensor(tf.constant(1)), tf.is_tensor([1])
    (True, False)
    """
    if isinstance(x, TensorType) or getattr(x, "_is_variable", False):
        return True
    from tidefall.base.composite import CompositeTensor

    return isinstance(x, CompositeTensor) and x.is_tensor_like
