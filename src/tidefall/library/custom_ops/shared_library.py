"""Libraries written against `tidefall/op.h`: found, asked what they have, and called."""

from __future__ import annotations

import ctypes
import hashlib
import os
import struct
import sys
from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import (
    InvalidArgumentError,
    NotFoundError,
    UnimplementedError,
    exception_type_from_error_code,
)
from tidefall.base.shapes import TensorShape
from tidefall.graph.codec.op_messages import op_list
from tidefall.library.custom_ops.define import Shape, declared
from tidefall.library.custom_ops.functions import function_of, python_name
from tidefall.library.custom_ops.signature import op_definition
from tidefall.native.library import open_library
from tidefall.op.definition import AttrDef, OpDef
from tidefall.op.inference import Inference
from tidefall.op.op import Op

VERSION = 1
"""What this speaks with libraries: `kVersion` of op.h."""
_ROOM = 1024
"""Bytes for the text of an error."""
_KEPT = 64
_NO_NUMBERS = ("string", "resource", "variant")


def load(path: Any) -> ModuleType:
    """Load a library of custom ops.

    Args:
        path: the file. It is code: it runs with the rights of this process.

    Returns:
        A module with a function for each op, and what TensorFlow's has: `LIB_HANDLE`, `OP_LIST`. A
        library that is loaded again is the same module.

    Raises:
        NotFoundError: there is no such file, or it is no library for this machine.
        UnimplementedError: it is a plugin for TensorFlow's own runtime, or was made for another
            version of `tidefall/op.h`.
        InvalidArgumentError: it declares an op that cannot be read.
        AlreadyExistsError: it has an op that there is already.
    """
    real = os.path.realpath(os.fspath(path))
    return _load(real, os.fspath(path))


@cache
def _load(real: str, path: str) -> ModuleType:
    library = SharedLibrary(path)
    module = ModuleType(hashlib.sha1(path.encode(), usedforsecurity=False).hexdigest())
    ops = [library.declare(number, lines) for number, lines in enumerate(library.listed())]
    for op in ops:
        setattr(module, python_name(op.name), function_of(op))
    module.LIB_HANDLE = library.handle  # type: ignore[attr-defined]
    module.OP_LIST = op_list([op.name for op in ops])  # type: ignore[attr-defined]
    return module


class SharedLibrary:
    """One library.

    Args:
        path: its file.
    """

    def __init__(self, path: str):
        self.name = os.path.basename(path)
        try:
            self.handle = open_library(path)
        except FileNotFoundError:
            raise NotFoundError(
                None, None, f"{path}: cannot open shared object file: No such file or directory"
            ) from None
        except OSError as error:
            raise NotFoundError(None, None, str(error)) from None  # which names the file
        if not hasattr(self.handle, "tidefall_op_version"):
            raise UnimplementedError(None, None, _FOREIGN.format(path=path))
        self.handle.tidefall_op_version.restype = ctypes.c_int64
        version = self.handle.tidefall_op_version()
        if version != VERSION:
            raise UnimplementedError(
                None,
                None,
                f"{path} was compiled with version {version} of tidefall/op.h; this Tidefall "
                f"speaks version {VERSION}. Compile it again.",
            )
        self.handle.tidefall_op_list.restype = ctypes.c_char_p
        with open(path, "rb") as file:
            self._digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]

    def listed(self) -> list[list[tuple[str, str]]]:
        """What is declared of each op."""
        found: list[list[tuple[str, str]]] = []
        for line in self.handle.tidefall_op_list().decode().splitlines():
            what, _, text = line.partition("\t")
            if what == "op":
                found.append([])
            found[-1].append((what, text))
        return found

    def declare(self, number: int, lines: Sequence[tuple[str, str]]) -> Op:
        """Make an op of the library.

        Args:
            number: the op's place in it.
            lines: what is declared of it.
        """

        def all_of(what: str) -> list[str]:
            return [text for kind, text in lines if kind == what]

        (name,) = all_of("op")
        definition = op_definition(
            name, all_of("input"), all_of("output"), all_of("attr"), bool(all_of("stateful")),
            self.name,
        )  # fmt: skip
        _check_dtypes(definition, self.name)
        like = [int(text) for text in all_of("shape_of_input")]
        kernel = _Kernel(self, number, definition)
        lowering = kernel.lowered if hasattr(self.handle, "tidefall_op_xla") else None
        kernel.op = declared(
            definition, kernel.host, lowering, _shape_of_input(like[-1]) if like else None
        )
        return kernel.op

    def run(
        self, number: int, inputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray], attrs: bytes
    ) -> None:
        """Call a kernel.

        Raises:
            OpError: what the kernel threw.
        """
        numbers: list[int] = [len(inputs), len(outputs)]
        for array in (*inputs, *outputs):
            dtype = as_dtype(array.dtype).as_datatype_enum
            numbers += [array.__array_interface__["data"][0], dtype, array.ndim, *array.shape]
        message = ctypes.create_string_buffer(_ROOM)
        packed = struct.pack(f"{len(numbers)}q", *numbers)
        code = self.handle.tidefall_op_call(
            ctypes.c_int64(number), packed, attrs, message, ctypes.c_int64(_ROOM)
        )
        if code:
            text = message.value.decode(errors="replace")
            raise exception_type_from_error_code(code)(None, None, text)

    @property
    def target(self) -> str:
        """What XLA calls the library; its programs are kept on disk under that name."""
        name = f"tidefall_op_{self._digest}"
        _register(name, self)
        return name


@cache
def _register(name: str, library: SharedLibrary) -> None:
    ffi = sys.modules["jax"].ffi
    capsule = ffi.pycapsule(library.handle.tidefall_op_xla)
    ffi.register_ffi_target(name, capsule, platform="cpu")


def _check_dtypes(definition: OpDef, library: str) -> None:
    for argument in (*definition.inputs, *definition.outputs):
        attr = definition.attrs.get(argument.type_attr or argument.type_list_attr or "")
        found = [argument.dtype] if attr is None else attr.allowed_order
        bad = [each.name for each in found if each is not None and each.name in _NO_NUMBERS]
        if bad:
            raise UnimplementedError(
                None,
                None,
                f"{library}: {argument.name} of the op {definition.name} is of {bad[0]}. Kernels "
                "in libraries take numbers and booleans; tidefall.custom_ops.define takes all.",
            )


def _shape_of_input(number: int) -> Shape:
    def shape(context: Any) -> Any:
        count = sum(
            argument.length(context.attrs) if argument.is_list else 1
            for argument in context.definition.outputs
        )
        found = context.shape(number)
        return found if count == 1 else [found] * count

    return shape


class _Known(Inference):
    """Inference over arrays that a kernel was given."""

    def constant(self, index: int) -> np.ndarray | None:
        value = self.inputs[index]
        return value if isinstance(value, np.ndarray) else None

    def shape(self, index: int) -> TensorShape:
        return TensorShape(self.inputs[index].shape)

    def shapes(self) -> list[TensorShape]:
        return [TensorShape(each.shape) for each in self.inputs]


class _Kernel:
    """One op of a library, as kernels are called.

    Args:
        library: where it is.
        number: the op's place in it.
        definition: the signature.
    """

    op: Op

    def __init__(self, library: SharedLibrary, number: int, definition: OpDef):
        self._library, self._number, self._definition = library, number, definition
        self._packed: dict[tuple[Any, ...], bytes] = {}

    def host(self, *inputs: Any, **attrs: Any) -> Any:
        """Run on NumPy arrays."""
        flat = [
            np.ascontiguousarray(each).reshape(np.shape(each))  # which keeps scalars
            for each in self._definition.flatten_inputs(inputs)
        ]
        made = [np.empty(shape, dtype) for shape, dtype in self._outputs(flat, attrs)]
        self._library.run(self._number, flat, made, self._attributes(attrs))
        return self._grouped(made, attrs)

    def lowered(self, *inputs: Any, **attrs: Any) -> Any:
        """Put the kernel into a program that jax is tracing."""
        jax = sys.modules["jax"]
        if jax.default_backend() != "cpu":
            raise UnimplementedError(
                None,
                None,
                f"the custom op {self.op.name} has a kernel for the CPU only. Put what uses it "
                "under tf.device('CPU').",
            )
        flat = self._definition.flatten_inputs(inputs)
        types = [jax.ShapeDtypeStruct(shape, dtype) for shape, dtype in self._outputs(flat, attrs)]
        packed = np.frombuffer(self._attributes(attrs), np.int64)
        call = jax.ffi.ffi_call(
            self._library.target, types, has_side_effect=self._definition.is_stateful
        )
        return self._grouped(list(call(*flat, op=np.int64(self._number), attributes=packed)), attrs)

    def _attributes(self, attrs: dict[str, Any]) -> bytes:
        """The attributes as op.h reads them, made once for those seen last."""
        key = tuple(attrs.values())
        try:
            found = self._packed.get(key)
        except TypeError:  # a list
            return _packed(self._definition, attrs)
        if found is None:
            if len(self._packed) >= _KEPT:
                self._packed.clear()
            found = self._packed[key] = _packed(self._definition, attrs)
        return found

    def _outputs(self, inputs: Sequence[Any], attrs: dict[str, Any]) -> list[tuple[Any, Any]]:
        """The shape and dtype of each output."""
        assert self.op.shape is not None
        found = self.op.shape(_Known(self._definition, inputs, attrs))
        wanted = self._definition.output_dtypes(attrs)
        shapes = found if len(wanted) != 1 or _is_list_of_shapes(found) else [found]
        if len(shapes) != len(wanted):
            raise InvalidArgumentError(
                None,
                None,
                f"the shape function of {self.op.name} gave {len(shapes)} shapes for "
                f"{len(wanted)} outputs",
            )
        known = [TensorShape(each) for each in shapes]
        for each in known:
            if not each.is_fully_defined():
                raise InvalidArgumentError(
                    None,
                    None,
                    f"the shape function of {self.op.name} gave {each}, though its inputs are "
                    "known; kernels in libraries are handed outputs of their final size",
                )
        return [
            (tuple(each.as_list()), dtype.as_numpy_dtype)
            for each, dtype in zip(known, wanted, strict=True)
        ]

    def _grouped(self, flat: list[Any], attrs: dict[str, Any]) -> Any:
        found = self._definition.pack_outputs(flat, attrs)
        return () if found is None else found


def _is_list_of_shapes(found: Any) -> bool:
    return isinstance(found, list) and bool(found) and isinstance(found[0], (list, TensorShape))


def _packed(definition: OpDef, attrs: dict[str, Any]) -> bytes:
    """Attributes as op.h reads them."""
    parts = [struct.pack("q", len(definition.attrs))]
    for attr in definition.attrs.values():
        values = attrs[attr.name] if attr.kind.startswith("list(") else [attrs[attr.name]]
        kind, pack = _FORMS[attr.kind.removeprefix("list(").removesuffix(")")]
        packed = [pack(value) for value in _plain(attr, values)]
        parts += [_text(attr.name.encode()), struct.pack("2q", ord(kind), len(packed)), *packed]
    return b"".join(parts)


def _plain(attr: AttrDef, values: Sequence[Any]) -> list[Any]:
    if "shape" not in attr.kind:
        return list(values)
    if attr.kind != "shape" or values[0].rank is None:
        raise UnimplementedError(
            None, None, f"attribute {attr.name}: kernels in libraries take one shape of known rank"
        )
    return [-1 if size is None else size for size in values[0].as_list()]


def _text(value: Any) -> bytes:
    content = value if isinstance(value, bytes) else value.encode()
    return struct.pack("q", len(content)) + content + b"\0" * (-len(content) % 8)


def _type(value: DType) -> bytes:
    return struct.pack("q", value.as_datatype_enum)


_integer = struct.Struct("q").pack
_FORMS: dict[str, tuple[str, Callable[[Any], bytes]]] = {
    "int": ("i", _integer), "bool": ("i", _integer), "float": ("f", struct.Struct("d").pack),
    "string": ("s", _text), "type": ("i", _type), "shape": ("i", _integer),
}  # fmt: skip
_FOREIGN = (
    "{path} is a library, but not of Tidefall's custom ops: a plugin that was compiled for "
    "TensorFlow's C++ runtime cannot be loaded, since that runtime is not here. Its kernels can be "
    "compiled against the small header tidefall/op.h (tf.sysconfig.get_compile_flags() finds it): "
    "see docs/custom_ops.md. `tidefall new-op` writes the files of one."
)
