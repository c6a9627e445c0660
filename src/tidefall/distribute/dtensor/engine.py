"""Ops and functions on a mesh: each runs as one XLA program on all of its devices.

XLA divides the program: it is given the layouts of the arguments, and the layouts of the results
are read from the arrays that come back.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from tidefall.base import dtypes
from tidefall.base.devices import HOST
from tidefall.base.errors import UnimplementedError, UnknownError
from tidefall.base.state import refresh, state
from tidefall.composite.variables.storage import VariableStorage
from tidefall.distribute.dtensor.layout import Layout
from tidefall.distribute.dtensor.mesh import Mesh
from tidefall.distribute.dtensor.values import (
    DTensor,
    check_fits,
    layout_of,
    put,
    spec_of,
)
from tidefall.graph.analysis import all_nodes
from tidefall.graph.func_graph import FuncGraph
from tidefall.op import raw
from tidefall.runtime.backend import Shardings
from tidefall.runtime.devices.accelerator import has_kernel
from tidefall.runtime.graph_function import GraphFunction
from tidefall.runtime.host.plan import to_tensor
from tidefall.runtime.program import analyse
from tidefall.runtime.xla.eager_compile import run_where_they_are
from tidefall.tensor.placement import MeshDevice, meshes
from tidefall.tensor.tensor import EagerTensor, TypedTensor

DEVICE = f"{HOST}/device:CUSTOM:0"
"""The name of the device that tensors on meshes say they are on."""
SMALL = 19
"""Plain tensors of integers or text with at most this many elements go to a mesh by themselves."""
_SMALL_KINDS = frozenset({dtypes.int32, dtypes.int64, dtypes.string})


class MeshStorage(VariableStorage):
    """The resource behind a variable on a mesh.

    Attributes:
        layout: how its value is divided.
    """

    __slots__ = ("layout",)
    layout: Layout

    def on_mesh(self) -> Any:
        """The value on the mesh, where it is put back if the host had it."""
        value = self.value
        if value is None or not hasattr(value, "sharding"):
            with self.lock:
                value = self.value = put(np.asarray(self.read()), self.layout)
        return value


class DTensorDevice(MeshDevice):
    """The devices of one mesh.

    Attributes:
        mesh: the mesh.
        layout: for results of ops that take nothing from a mesh, if their rank is its; they are
            replicated else.
        implicit_copies: whether plain tensors of any size go to the mesh by themselves, and the
            host joins parts, for code that does not know of meshes.
    """

    def __init__(self, mesh: Mesh, layout: Layout | None = None):
        super().__init__(DEVICE)
        self.mesh = mesh
        self.layout = layout
        self.implicit_copies = False

    # ---- ops ----

    def run(self, op: Any, tensors: Sequence[Any], attrs: dict[str, Any]) -> list[Any]:
        """Run an op on the mesh; on the host, and bring the results here, if XLA has no way to.

        Raises:
            UnimplementedError: for a plain tensor that must be put on the mesh first.
            UnknownError: for tensors of another mesh.
        """
        if any(type(t) is TypedTensor and t.dtype == dtypes.resource for t in tensors):
            return op.run([self._plain(t) for t in tensors], attrs)
        device = self._for(op.name, tensors)
        given = [device.taken(op.name, i, t) for i, t in enumerate(tensors)]
        if not has_kernel(op, [t.dtype for t in tensors], op.definition.output_dtypes(attrs)):
            return [device.keep(t) for t in op.run([self._plain(t) for t in tensors], attrs)]
        try:
            results = run_where_they_are(op, tensors, given, attrs, _is_constant)
            values = op.definition.flatten_outputs(results)
        except Exception as error:
            raise op.explain(error, tensors, attrs) from error
        return [device.wrapped(value) for value in values]

    def _for(self, name: str, tensors: Sequence[Any]) -> DTensorDevice:
        """The device that an op with these inputs runs on: that of the mesh they are on."""
        return mesh_of_all(name, tensors) or self

    @staticmethod
    def _plain(tensor: Any) -> Any:
        """The tensor on the host; parts are joined."""
        return EagerTensor(np.asarray(tensor.storage)) if type(tensor) is DTensor else tensor

    def taken(self, name: str, index: int, tensor: Any) -> Any:
        """The array for an input of an op or function.

        Raises:
            UnimplementedError: for a tensor that is too large to go to the mesh by itself.
            UnknownError: for one on another mesh.
        """
        if type(tensor) is DTensor:
            if tensor.layout.mesh != self.mesh:
                raise UnknownError(
                    None,
                    None,
                    f"{name} failed during mesh propagation. All inputs must have same mesh "
                    f"configuration, but one is on {tensor.layout.mesh.to_string()} and others on "
                    f"{self.mesh.to_string()}.",
                )
            return tensor.storage
        shape = tuple(tensor.shape.as_list())
        small = tensor.dtype in _SMALL_KINDS and np.prod(shape) <= SMALL
        if shape != () and not small and not self.implicit_copies:
            text = ",".join(map(str, shape))
            raise UnimplementedError(
                None,
                None,
                f"The op/function {name} got a regular tensor for input {index} (shape [{text}]) "
                "but was expecting a DTensor. Currently only scalars and small integer/string "
                "tensors are auto-broadcast to DTensors. For other tensors, please use "
                "copy_to_mesh to make a DTensor explicitly; note that this may be slow if it "
                "happens frequently.",
            )
        return np.asarray(tensor.storage)

    def keep(self, tensor: Any) -> Any:
        """A tensor made on the host, on the mesh."""
        if type(tensor) is not EagerTensor:
            return tensor
        return self.placed(tensor.storage, self._layout_for(tensor.storage.ndim))

    def _layout_for(self, rank: int) -> Layout:
        layout = self.layout
        if layout is not None and layout.rank == rank:
            return layout
        return Layout.replicated(self.mesh, rank)

    def placed(self, array: Any, layout: Layout) -> DTensor:
        """A DTensor of an array from anywhere."""
        return DTensor(put(array, layout), layout, device_of(layout.mesh))

    def wrapped(self, array: Any) -> DTensor:
        """A DTensor of what a program on the mesh gave."""
        layout = layout_of(array, self.mesh)
        if layout is None:
            # No layout says how XLA divided it: along several dimensions of the mesh at once.
            return self.placed(array, self._layout_for(array.ndim))
        return DTensor(array, layout, device_of(self.mesh))

    # ---- functions ----

    def run_function(
        self, function: GraphFunction, inputs: Sequence[Any], dtypes_out: Sequence[Any] | None
    ) -> list[Any]:
        """Run a function with the tensors of all its inputs; returns its outputs.

        Raises:
            UnimplementedError: for a plain tensor that must be put on the mesh first.
            UnknownError: for tensors of several meshes.
            InvalidArgumentError: for an op that XLA has no way to do.
        """
        values = [self._argument(function.name, i, t) for i, t in enumerate(inputs)]
        specs = tuple(_spec(t) for t in inputs)
        plain = [t.storage for t in inputs if _is_plain_variable(t)]
        for value in values:
            if isinstance(value, MeshStorage):
                value.on_mesh()
        with _host_scope():
            executable = _executable(function, self.mesh, specs, self.layout)
            outputs = executable.run(values, function.state)
            for storage in plain:
                storage.value = np.asarray(storage.value)
        kinds = dtypes_out or [None] * len(outputs)
        return [self._output(v, d) for v, d in zip(outputs, kinds, strict=True)]

    def _argument(self, name: str, index: int, tensor: Any) -> Any:
        if tensor.dtype in (dtypes.resource, dtypes.variant):
            return tensor.storage
        return self.taken(name, index, tensor)

    def _output(self, value: Any, dtype: Any) -> Any:
        return self.wrapped(value) if hasattr(value, "sharding") else to_tensor(value, dtype)


def _is_constant(value: Any) -> bool:
    """Whether a value is an integer vector of the host: a shape, axes, or the bounds of a slice,
    which XLA has to know while it compiles."""
    return isinstance(value, np.ndarray) and value.ndim > 0 and value.dtype.kind in "iu"


def _spec(tensor: Any) -> tuple[str | None, ...]:
    if type(tensor) is DTensor:
        return spec_of(tensor.layout)
    storage = tensor.storage
    return spec_of(storage.layout) if isinstance(storage, MeshStorage) else ()


def _is_plain_variable(tensor: Any) -> bool:
    storage = tensor.storage
    return isinstance(storage, VariableStorage) and not isinstance(storage, MeshStorage)


_executables: WeakKeyDictionary[GraphFunction, dict[Any, Any]] = WeakKeyDictionary()


def _executable(
    function: GraphFunction, mesh: Mesh, specs: tuple[Any, ...], layout: Layout | None
) -> Any:
    """The function compiled for inputs divided so."""
    from tidefall.runtime.xla.executable import XlaBackend

    made = _executables.setdefault(function, {})
    key = mesh, specs, layout
    found = made.get(key)
    if found is None:
        outputs = None
        if layout is not None:
            outputs = tuple(
                spec_of(layout) if t.shape.rank == layout.rank else ()
                for t in function.graph.outputs
            )
        shardings = Shardings(mesh.jax_mesh, specs, outputs)
        program = analyse(function.graph, function.name)
        found = made[key] = XlaBackend().compile(program, shardings=shardings)
    return found


@contextmanager
def _host_scope() -> Generator[None]:
    """No device of a block: the program says itself where it runs."""
    saved, state.op_device = state.op_device, None
    refresh()
    try:
        yield
    finally:
        state.op_device = saved
        refresh()


# ---- which mesh ----


@cache
def device_of(mesh: Mesh) -> DTensorDevice:
    """The device for a mesh; from now on calls of functions may run on one."""
    _look_for_meshes()
    return DTensorDevice(mesh)


@cache
def _look_for_meshes() -> None:
    meshes.add(device_of_call)


def mesh_of_all(name: str, tensors: Sequence[Any]) -> DTensorDevice | None:
    """The device of the mesh that those of the tensors that are on a mesh are on.

    Raises:
        UnknownError: if they are on several.
    """
    found: Mesh | None = None
    for tensor in tensors:
        storage = tensor.storage if type(tensor) is TypedTensor else None
        if type(tensor) is DTensor:
            mesh = tensor.layout.mesh
        elif type(storage) is MeshStorage:
            mesh = storage.layout.mesh
        else:
            continue
        if found is not None and mesh != found:
            raise UnknownError(
                None,
                None,
                f"{name} failed during mesh propagation. All inputs must have same mesh "
                f"configuration, but some are on {found.to_string()} and some on "
                f"{mesh.to_string()}.",
            )
        found = mesh
    return None if found is None else device_of(found)


def device_of_call(graph: FuncGraph, inputs: Sequence[Any]) -> DTensorDevice | None:
    """The device for a call of a function, if it runs on a mesh.

    The mesh is that of its arguments and of what it captured, that of the block around the call,
    or that of a layout in the function.
    """
    found = mesh_of_all(graph.name, inputs)
    if found is not None:
        return found
    if isinstance(state.op_device, DTensorDevice):
        return state.op_device
    layouts = graph.analysis(_layouts_in)
    return device_of(layouts[0].mesh) if layouts else None


def _layouts_in(graph: FuncGraph) -> list[Layout]:
    """The layouts that nodes of a function ask for."""
    return [
        Layout.from_string(_text(node.attrs["layout"]))
        for node in all_nodes(graph)
        if node.op_type is raw.Relayout
    ]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else value


def relaid(tensor: Any, layout: Layout) -> DTensor:
    """A tensor from anywhere with another layout."""
    array = tensor.storage
    check_fits(layout, tuple(array.shape))
    return DTensor(put(array, layout), layout, device_of(layout.mesh))
