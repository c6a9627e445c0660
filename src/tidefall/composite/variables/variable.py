"""`tf.Variable`: a named, mutable tensor behind a resource handle."""

from __future__ import annotations

import functools
import itertools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import init_scope, state
from tidefall.composite.trackable.trackable import Trackable
from tidefall.composite.variables.creation import (
    VariableAggregation,
    VariableSynchronization,
    wrap_creator,
)
from tidefall.composite.variables.save_slice_info import SaveSliceInfo
from tidefall.composite.variables.saving import check_restored, describe
from tidefall.composite.variables.scatter import (
    check_slices,
    places_in_batches,
    scatter_elements,
    scatter_rows,
)
from tidefall.composite.variables.storage import StoredValue, VariableStorage
from tidefall.op import raw
from tidefall.op.observers import observe
from tidefall.op.op import Op
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Reference, SymbolicTensor, TypedTensor

_uids = itertools.count()


_POSITIONAL = (
    "initial_value", "trainable", "validate_shape", "caching_device", "name", "variable_def",
    "dtype", "import_scope", "constraint", "synchronization", "aggregation", "shape",
)  # fmt: skip


def _defaults() -> dict[str, Any]:
    """All that creators are told of a variable, for which nothing is said."""
    given = dict.fromkeys(_POSITIONAL)
    own = {
        "experimental_enable_variable_lifting": True,
        "validate_shape": True,
        "synchronization": VariableSynchronization.AUTO,
        "aggregation": VariableAggregation.NONE,
    }
    return {**given, **own}


class _VariableMeta(type(Trackable)):
    """Route `tf.Variable(...)` through the active creator scopes."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        graph = None
        if state.graph is not None:
            graph = state.graph
            while graph is not None and graph.building_function:
                graph = graph.enclosing
        if cls is not Variable:
            return super().__call__(*args, **kwargs)
        if state.op_device is None and not state.variable_creators:
            make = super().__call__
        else:
            make = cls._make_there  # creators choose devices
        if not state.variable_creators and graph is None:
            return make(*args, **kwargs)
        if args:
            kwargs.update(zip(_POSITIONAL, args, strict=False))
        create: Callable[..., Any] = (
            make if graph is None else functools.partial(graph.make_variable, True)
        )
        for scope in state.variable_creators:
            create = wrap_creator(scope, create)
        return create(**{**_defaults(), **kwargs} if state.variable_creators else kwargs)

    def _make_there(cls, *args: Any, **kwargs: Any) -> Any:
        """Make a variable of the class that those of the device are of, as it is then."""
        kind = None if state.op_device is None else state.op_device.variable_class
        return type.__call__(cls if kind is None else kind, *args, **kwargs)


@export("Variable")
class Variable(Trackable, metaclass=_VariableMeta):
    """A tensor that can be changed in place and that training adjusts.

    A subclass that keeps its value otherwise overrides what reads it (`value`, `numpy`, `gather`,
    `gather_nd`, `is_initialized`, `__deepcopy__`, `__reduce__`, `__repr__`) and what writes it
    (`assign`, `count_up_to`, `_update`, `_scatter`, `_scatter_nd`, `_strided_slice_assign`). The
    other methods are made of these. One that only stands for another object after a write, as
    variables of graphs do, overrides `_after`.

    Args:
        initial_value: a tensor, anything `tf.convert_to_tensor` takes, or a function without
            arguments that returns one.
        trainable: whether gradient tapes watch it. Default True.
        validate_shape: when False, assignments may change the shape.
        caching_device: accepted for TensorFlow's sake.
        name: name; "Variable" by default.
        dtype: dtype of the value.
        synchronization, aggregation: how distributed copies behave.
        shape: static shape, if wider than the initial value's (unknown dimensions).

    Raises:
        ValueError: without an initial value, or if it does not fit `shape`.

    >>> import tidefall as tf
    >>> v = tf.Variable([1.0, 2.0])
    >>> v.assign_add([1.0, 1.0]).numpy()
    array([2., 3.], dtype=float32)
    """

    _is_variable = True
    _should_act_as_resource_variable = True
    __array_priority__ = 100

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: str | None = None,
        constraint: Callable[[Any], Any] | None = None,
        synchronization: VariableSynchronization = VariableSynchronization.AUTO,
        aggregation: VariableAggregation = VariableAggregation.NONE,
        shape: Any = None,
        experimental_enable_variable_lifting: bool = True,
    ):
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        if constraint is not None and not callable(constraint):
            raise ValueError("The `constraint` argument must be a callable.")
        base = name or "Variable"
        if state.name_scope and not base.startswith(state.name_scope):
            base = f"{state.name_scope}/{base}"
        wanted = None if dtype is None else as_dtype(dtype).base_dtype
        value = _initial_value(initial_value, wanted)
        static = value.shape if shape is None else TensorShape(shape)
        if not static.is_compatible_with(value.shape):
            raise ValueError(
                f"In this `tf.Variable` creation, the initial value's shape ({value.shape}) is "
                f"not compatible with the explicitly supplied `shape` argument ({shape})."
            )
        self._setup(
            base,
            value.dtype,
            static if validate_shape else TensorShape(None),
            True if trainable is None else bool(trainable),
            synchronization,
            aggregation,
            constraint,
        )
        self._storage.value = _own(value)
        state.variables_created += 1
        if state.graph is not None:
            state.graph.add_variable(weakref.ref(self))

    def _setup(
        self,
        name: str,
        dtype: DType,
        shape: TensorShape,
        trainable: bool,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        constraint: Any = None,
    ) -> None:
        self._name = f"{name}:0"
        self._dtype = dtype
        self._shape = shape
        self._trainable = trainable
        self._synchronization = VariableSynchronization(synchronization)
        self._aggregation = VariableAggregation(aggregation)
        self._constraint = constraint
        self._unique_id = f"{name}_{next(_uids)}"
        self._storage = VariableStorage(name, dtype, shape)
        self._storage.owner = weakref.ref(self)
        self.handle = TypedTensor(self._storage, dtypes.resource)

    @classmethod
    def uninitialized(
        cls, name: str, dtype: DType, shape: Any, trainable: bool = True, **options: Any
    ) -> Variable:
        """A variable without a value, to be restored or assigned later."""
        variable = cls.__new__(cls)
        variable._setup(name, as_dtype(dtype), TensorShape(shape), trainable, **options)
        return variable

    # ---- what it is ----

    @property
    def name(self) -> str:
        return self._name

    @property
    def _shared_name(self) -> str:
        return self._name[: self._name.index(":")]

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        return self._shape

    def get_shape(self) -> TensorShape:
        """The static shape; same as `.shape`."""
        return self._shape

    def _shape_as_list(self) -> list[int | None] | None:
        return None if self._shape.rank is None else self._shape.as_list()

    def _shape_tuple(self) -> tuple[int | None, ...]:
        return tuple(self._shape.as_list())

    @property
    def ndim(self) -> int | None:
        return self._shape.rank

    @property
    def trainable(self) -> bool:
        return self._trainable

    @property
    def synchronization(self) -> VariableSynchronization:
        return self._synchronization

    @property
    def aggregation(self) -> VariableAggregation:
        return self._aggregation

    @property
    def constraint(self) -> Any:
        return self._constraint

    @property
    def device(self) -> str:
        return self.handle.device

    @property
    def create(self) -> None:
        return None

    @property
    def initializer(self) -> None:
        """Nothing: variables are initialised when they are made."""
        return None

    @property
    def graph(self) -> Any:
        return state.graph

    @property
    def op(self) -> Any:
        return self.handle

    def ref(self) -> Reference:
        """A hashable reference to this variable."""
        return Reference(self)

    experimental_ref = ref

    def __hash__(self) -> int:
        raise TypeError("Variable is unhashable. Instead, use variable.ref() as the key.")

    def is_initialized(self, name: str | None = None) -> Any:
        """Whether the variable has a value, as a bool tensor."""
        return raw.VarIsInitializedOp(self.handle, name=name)

    # ---- reading ----

    def value(self) -> Any:
        """The current value as a tensor."""
        if not state.needs_dispatch:
            return EagerTensor(self._storage.read())
        return self._read()

    def _read(self) -> Any:
        for tape in state.tapes:
            tape.watch_variable(self)
        read = raw.ReadVariableOp
        if state.graph is None and type(self.handle) is TypedTensor:
            result = EagerTensor(self._storage.read())
            if state.op_device is not None:
                result = state.op_device.keep(result)
            observe(read, [self.handle], {"dtype": self._dtype}, [result])
            return result
        self._touch()
        saved, state.device = state.device, _node_device(self.handle)
        try:
            result = read(self.handle, dtype=self._dtype)
        finally:
            state.device = saved
        if isinstance(result, SymbolicTensor):
            result.set_shape(self._shape)
        return result

    def read_value(self) -> Any:
        """The current value as a tensor that later assignments do not change."""
        return self.value()

    def read_value_no_copy(self) -> Any:
        """Same as `read_value`: reading never copies here."""
        return self.value()

    def initialized_value(self) -> Any:
        """The current value."""
        return self.value()

    def numpy(self) -> Any:
        """A copy of the current value as a NumPy array.

        Raises:
            NotImplementedError: inside a function that is being traced.
        """
        if state.graph is not None:
            raise NotImplementedError("numpy() is only available when eager execution is enabled.")
        return EagerTensor(self._storage.read()).numpy()

    def eval(self, session: Any = None) -> Any:
        """The current value as a NumPy array."""
        return self.numpy()

    def sparse_read(self, indices: Any, name: str | None = None) -> Any:
        """Rows of the value; its gradient is `tf.IndexedSlices`."""
        return self.gather(indices, name)

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Rows of the value; its gradient is `tf.IndexedSlices`."""
        self._watch()
        return raw.ResourceGather(self.handle, indices, dtype=self._dtype, name=name)

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """Elements or slices of the value, one for each row of `indices` `[..., depth]`."""
        self._watch()
        return raw.ResourceGatherNd(self.handle, indices, dtype=self._dtype, name=name)

    def _watch(self) -> None:
        for tape in state.tapes:
            tape.watch_variable(self)
        self._touch()

    def __tf_tensor__(self, dtype: DType | None = None, name: str | None = None) -> Any:
        if dtype is not None and not dtype.is_compatible_with(self._dtype):
            raise ValueError(
                f"Incompatible type conversion requested to type '{dtype.name}' for variable of "
                f"type '{self._dtype.name}' (variable {self._name}). Use tf.cast."
            )
        return self.value()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self.numpy(), dtype=dtype)

    def __int__(self) -> int:
        return int(self.value())

    def __float__(self) -> float:
        return float(self.value())

    def __complex__(self) -> complex:
        return complex(self.value())

    def __index__(self) -> int:
        return self.value().__index__()

    def __bool__(self) -> bool:
        return bool(self.value())

    def __len__(self) -> int:
        return len(self.value())

    def __iter__(self) -> Any:
        return iter(self.value())

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        if state.graph is not None:
            raise NotImplementedError(
                "__deepcopy__() is only available when eager execution is enabled."
            )
        copied = Variable(
            EagerTensor(np.array(self._storage.read())),
            trainable=self._trainable,
            name=self._shared_name,
            dtype=self._dtype,
            constraint=self._constraint,
            synchronization=self._synchronization,
            aggregation=self._aggregation,
            shape=self._shape,
        )
        memo[id(self)] = copied
        return copied

    def __reduce__(self) -> Any:
        return _rebuild, (np.array(self._storage.read()), self._trainable, self._shared_name)

    def set_shape(self, shape: Any) -> None:
        """Check that the shape is compatible with `shape`."""
        if not self._shape.is_compatible_with(shape):
            raise ValueError(f"Variable {self._name} has shape {self._shape}, not {shape}.")

    # ---- writing ----

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Set the value.

        Args:
            value: a tensor of the variable's dtype and a shape compatible with it.

        Returns:
            The variable.

        Raises:
            ValueError: for another shape or dtype.
        """
        tensor = convert_to_tensor(value, self._dtype)
        self._check_shape(tensor)
        if type(tensor) is EagerTensor and not state.needs_dispatch:
            with self._storage.lock:
                self._storage.value = _own(tensor)
        else:
            self._touch()
            raw.AssignVariableOp(self.handle, tensor, name=name)
        return self if read_value else None

    def _strided_slice_assign(
        self, begin: Any, end: Any, strides: Any, value: Any, name: Any, assign: Any, **masks: Any
    ) -> Any:
        """What `variable[key].assign` does."""
        tensor = convert_to_tensor(value, self._dtype)
        self._touch()
        op = raw.ResourceStridedSliceAssign
        return self._after(op(self.handle, begin, end, strides, tensor, name=name, **masks))

    def _after(self, node: Any) -> Any:
        """What a write returns, given its node if there is one: the variable from then on."""
        return self

    def _touch(self) -> None:
        if state.graph is not None and state.graph.building_function:
            state.graph.watch_variable(self)  # type: ignore[attr-defined]

    def _check_shape(self, tensor: Any) -> None:
        if not self._shape.is_compatible_with(tensor.shape):
            raise ValueError(
                f"Cannot assign value to variable ' {self._name}': Shape mismatch."
                f"The variable shape {self._shape}, and the assigned value shape {tensor.shape} "
                "are incompatible."
            )

    def _update(self, op: Op, delta: Any, name: str | None, read_value: bool) -> Any:
        tensor = convert_to_tensor(delta, self._dtype)
        merged = self._shape.rank is None or self._shape.is_compatible_with(tensor.shape)
        if not merged:
            raise ValueError(
                f"Cannot update variable ' {self._name}': its shape is {self._shape} and the "
                f"shape of the value is {tensor.shape}; they must be equal."
            )
        if type(tensor) is EagerTensor and not state.needs_dispatch:
            op.run([self.handle, tensor], {"dtype": self._dtype})
        else:
            self._touch()
            op(self.handle, tensor, name=name)
        return self if read_value else None

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Add to the value; see `assign`."""
        return self._update(raw.AssignAddVariableOp, delta, name, read_value)

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtract from the value; see `assign`."""
        return self._update(raw.AssignSubVariableOp, delta, name, read_value)

    def count_up_to(self, limit: int) -> Any:
        """The value of a scalar integer variable, which is one more afterwards.

        Raises:
            OutOfRangeError: once the value has reached `limit`.
        """
        return raw.ResourceCountUpTo(self.handle, limit=limit, T=self._dtype)

    def load(self, value: Any, session: Any = None) -> None:
        """Set the value; `session` is for graphs of TensorFlow 1."""
        self.assign(value)

    # ---- writing rows ----

    def _scatter(self, op: Op, sparse_delta: Any, name: str | None) -> Any:
        self._touch()
        return self._after(scatter_rows(op, self.handle, sparse_delta, self._dtype, name))

    def scatter_add(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Add `tf.IndexedSlices` to rows of the value."""
        return self._scatter(raw.ResourceScatterAdd, sparse_delta, name)

    def scatter_sub(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Subtract `tf.IndexedSlices` from rows of the value."""
        return self._scatter(raw.ResourceScatterSub, sparse_delta, name)

    def scatter_mul(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Multiply rows of the value by `tf.IndexedSlices`."""
        return self._scatter(raw.ResourceScatterMul, sparse_delta, name)

    def scatter_div(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Divide rows of the value by `tf.IndexedSlices`."""
        return self._scatter(raw.ResourceScatterDiv, sparse_delta, name)

    def scatter_max(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Raise rows of the value to at least `tf.IndexedSlices`."""
        return self._scatter(raw.ResourceScatterMax, sparse_delta, name)

    def scatter_min(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Lower rows of the value to at most `tf.IndexedSlices`."""
        return self._scatter(raw.ResourceScatterMin, sparse_delta, name)

    def scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Set rows of the value to `tf.IndexedSlices`."""
        return self._scatter(raw.ResourceScatterUpdate, sparse_delta, name)

    def batch_scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Set rows to `tf.IndexedSlices` whose indices `[batch..., rows]` hold for each batch.

        The leading dimensions of the indices are those of the variable.
        """
        check_slices(sparse_delta)
        places = places_in_batches(sparse_delta.indices)
        return self.scatter_nd_update(places, sparse_delta.values, name)

    # ---- writing elements ----

    def _scatter_nd(self, op: Op, indices: Any, updates: Any, name: str | None) -> Any:
        self._touch()
        return self._after(scatter_elements(op, self.handle, indices, updates, self._dtype, name))

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Set elements or slices of the value.

        Args:
            indices: integer tensor `[..., depth]`; each row is a place in the first `depth`
                dimensions.
            updates: tensor of shape `indices.shape[:-1] + self.shape[depth:]`.
            name: name of the node in a graph.

        Returns:
            The variable.
        """
        return self._scatter_nd(raw.ResourceScatterNdUpdate, indices, updates, name)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Add to elements or slices of the value; see `scatter_nd_update`."""
        return self._scatter_nd(raw.ResourceScatterNdAdd, indices, updates, name)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtract from elements or slices of the value; see `scatter_nd_update`."""
        return self._scatter_nd(raw.ResourceScatterNdSub, indices, updates, name)

    def scatter_nd_max(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Raise elements or slices of the value; see `scatter_nd_update`."""
        return self._scatter_nd(raw.ResourceScatterNdMax, indices, updates, name)

    def scatter_nd_min(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Lower elements or slices of the value; see `scatter_nd_update`."""
        return self._scatter_nd(raw.ResourceScatterNdMin, indices, updates, name)

    # ---- saving ----

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
        check_restored(self, tensor.dtype, tensor.shape)
        return self.assign(tensor)

    def _restore_later(self, dtype: Any, shape: Any, read: Callable[[], Any]) -> None:
        """Take a value that is read from its file when it is first used."""
        check_restored(self, dtype, shape)
        with self._storage.lock:
            self._storage.value = StoredValue(read)

    def _write_object_proto(self, proto: Any, options: Any) -> None:
        """Describe this variable in the SavedObject of a SavedModel."""
        describe(self, proto, options.experimental_variable_policy._save_variable_devices())

    def _copy_trackable_to_cpu(self, object_map: dict[Any, Any]) -> None:
        if self not in object_map:
            object_map[self] = self.__deepcopy__({})
        else:
            object_map[self].assign(self.value())

    def __repr__(self) -> str:
        head = f"<tf.Variable '{self._name}' shape={self._shape} dtype={self._dtype.name}"
        if state.graph is not None:
            return head + ">"
        if self._storage.value is None:
            return head + ", numpy=<uninitialized>>"
        text = repr(EagerTensor(self._storage.read()))
        return f"{head}, numpy={text[text.index('numpy=') + 6 :]}"


def _initial_value(initial_value: Any, dtype: DType | None) -> EagerTensor:
    """Evaluate an initial value eagerly, also while a function is being traced."""
    if callable(initial_value) and not hasattr(initial_value, "dtype"):
        with init_scope():
            return _as_eager(initial_value(), dtype)
    return _as_eager(initial_value, dtype)


def _as_eager(value: Any, dtype: DType | None) -> EagerTensor:
    if isinstance(value, SymbolicTensor):
        value = value.graph.evaluate(value)
    with init_scope():
        tensor = convert_to_tensor(value, dtype)
    if isinstance(tensor, SymbolicTensor):
        tensor = tensor.graph.evaluate(tensor)
    return tensor


def _node_device(handle: Any) -> str:
    """Where a graph reads a variable: beside its handle, whatever `tf.device` says."""
    return handle.device if isinstance(handle, SymbolicTensor) else ""


def _own(tensor: EagerTensor) -> Any:
    """The array of a tensor, as something a variable may keep."""
    return tensor.storage if isinstance(tensor, TypedTensor) else tensor.host_array()


def _rebuild(value: np.ndarray, trainable: bool, name: str) -> Variable:
    return Variable(EagerTensor(value), trainable=trainable, name=name)
