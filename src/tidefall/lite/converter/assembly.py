"""A program of linked objects written as the schema's tables of indices."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import numpy as np

from tidefall.lite.converter.ir import LiteProgram, Operator, Subgraph, Value
from tidefall.lite.converter.metadata import FLOAT16, conversion_metadata
from tidefall.lite.converter.options_table import builtin, make_options, tensor_type
from tidefall.lite.converter.versions import runtime_for, version_of
from tidefall.lite.schema import (
    Buffer,
    BuiltinOperator,
    Metadata,
    Model,
    OperatorCode,
    QuantizationParameters,
    SignatureDef,
    SubGraph,
    Tensor,
    TensorMap,
)
from tidefall.lite.schema import Operator as OperatorTable

DESCRIPTION = "Tidefall Converted."
RUNTIME_FIELD = 16
"""Bytes of the metadata `min_runtime_version`."""


def assemble(program: LiteProgram, modes: list[int] | None = None, source: int = 0) -> Model:
    """The model of a program.

    Args:
        program: the program.
        modes: how it was optimized, for the metadata; see `metadata.py`.
        source: what it was made of, likewise. No metadata of the conversion if negative.
    """
    return _Assembly(program).model(modes or [], source)


def assemble_with_places(program: LiteProgram) -> tuple[Model, list[dict[int, Value]]]:
    """The model of a program, and for each subgraph which value each of its tensors is."""
    assembly = _Assembly(program)
    model = assembly.model([], -1)
    return model, assembly.values


class _Assembly:
    def __init__(self, program: LiteProgram):
        self.program = program
        self.subgraphs = program.all_subgraphs()
        self.codes: dict[tuple[str, int, bool], int] = {}
        self.buffers: list[Buffer] = [Buffer()]
        self.shared: dict[bytes, int] = {}
        self.indices: dict[int, dict[int, int]] = {}
        self.values: list[dict[int, Value]] = []
        self.operator_codes: list[OperatorCode] = []
        self.metadata: list[Metadata] = []

    def model(self, modes: list[int], source: int) -> Model:
        tables = [self.subgraph(s) for s in self.subgraphs]
        signatures = [self.signature(s) for s in self.program.signatures]
        needed = max(
            (runtime_for(code, version) for code, version, custom in self.codes if not custom),
            key=_release, default="1.5.0",
        )  # fmt: skip
        self.note("min_runtime_version", needed.encode().ljust(RUNTIME_FIELD, b"\0"))
        if FLOAT16 in modes:
            self.note("reduced_precision_support", b"fp16accfp32".ljust(RUNTIME_FIELD, b"\0"))
        if source >= 0:
            self.note("CONVERSION_METADATA", conversion_metadata(modes, source))
        return Model(
            version=3,
            operator_codes=self.operator_codes,
            subgraphs=tables,
            description=DESCRIPTION,
            buffers=self.buffers,
            metadata=self.metadata,
            signature_defs=signatures,
        )

    def note(self, name: str, data: bytes) -> None:
        self.metadata.append(Metadata(name=name, buffer=len(self.buffers)))
        self.buffers.append(Buffer(data=data))

    def signature(self, signature: Any) -> SignatureDef:
        places = self.indices[id(signature.subgraph)]

        def maps(names: list[str], values: list[Value]) -> list[TensorMap]:
            pairs = zip(names, values, strict=True)
            return [TensorMap(name=n, tensor_index=places[id(v)]) for n, v in pairs]

        return SignatureDef(
            inputs=maps(signature.inputs, signature.subgraph.inputs),
            outputs=maps(signature.outputs, signature.subgraph.outputs),
            signature_key=signature.key,
            subgraph_index=self.subgraphs.index(signature.subgraph),
        )

    # ---- subgraphs ----

    def subgraph(self, subgraph: Subgraph) -> SubGraph:
        places: dict[int, int] = {}
        tensors: list[Tensor] = []
        names: dict[str, int] = {}
        self.indices[id(subgraph)] = places
        values: dict[int, Value] = {}
        self.values.append(values)

        def place(value: Value | None) -> int:
            if value is None:
                return -1
            if id(value) not in places:
                places[id(value)] = len(tensors)
                values[len(tensors)] = value
                tensors.append(self.tensor(value, names))
            return places[id(value)]

        inputs = [place(v) for v in subgraph.inputs]
        operators: list[OperatorTable] = []
        for operator in subgraph.operators:
            given = [place(v) for v in operator.inputs]
            made = [place(v) for v in operator.outputs]
            operators.append(self.operator(operator, given, made))
        outputs = [place(v) for v in subgraph.outputs]
        return SubGraph(
            tensors=tensors, inputs=inputs, outputs=outputs, operators=operators, name=subgraph.name
        )

    def operator(self, operator: Operator, inputs: list[int], outputs: list[int]) -> OperatorTable:
        version = version_of(operator)
        table = OperatorTable(
            opcode_index=self.code(operator, version), inputs=inputs, outputs=outputs
        )
        if operator.custom is not None:
            table.custom_options = operator.custom
            return table
        options = {
            name: self.subgraphs.index(v) if isinstance(v, Subgraph) else v
            for name, v in operator.options.items()
        }
        table.builtin_options = make_options(operator.code, options)
        return table

    def code(self, operator: Operator, version: int) -> int:
        key = (operator.code, version, operator.custom is not None)
        if key not in self.codes:
            self.codes[key] = len(self.operator_codes)
            number = builtin(operator.code)
            if operator.custom is not None or number is None:
                made = OperatorCode(
                    custom_code=operator.code, builtin_code=BuiltinOperator.CUSTOM, version=version
                )
            else:
                made = OperatorCode(builtin_code=number, version=version)
            self.operator_codes.append(made)
        return self.codes[key]

    # ---- tensors ----

    def tensor(self, value: Value, names: dict[str, int]) -> Tensor:
        name = value.name or "tensor"
        count = names.get(name, 0)
        names[name] = count + 1
        while count and f"{name}_{count}" in names:
            count += 1
        if count:
            name = f"{name}_{count}"
            names[name] = 1
        tensor = Tensor(
            name=name,
            type=tensor_type(value.dtype),
            shape=[1 if d is None else d for d in value.shape],
            has_rank=True,
            buffer=self.buffer(value),
            is_variable=value.is_variable,
        )
        if not value.is_static:
            tensor.shape_signature = [-1 if d is None else d for d in value.shape]
        q = value.quantization
        if q is not None:
            tensor.quantization = QuantizationParameters(
                scale=[float(s) for s in q.scale],
                zero_point=[int(z) for z in q.zero_point],
                quantized_dimension=q.axis,
            )
        return tensor

    def buffer(self, value: Value) -> int:
        """The buffer of a constant; those that hold the same bytes share one."""
        if value.data is None:
            self.buffers.append(Buffer())
            return len(self.buffers) - 1
        data = pack_strings(value.data) if value.dtype == object else _bytes(value.data)
        key = hashlib.blake2b(data).digest()
        found = self.shared.get(key)
        if found is None:
            self.buffers.append(Buffer(data=data))
            found = self.shared[key] = len(self.buffers) - 1
        return found


def _bytes(data: np.ndarray) -> bytes:
    return np.ascontiguousarray(data).tobytes()


def pack_strings(values: np.ndarray) -> bytes:
    """Texts as LiteRT keeps them: how many, where each begins, where the last ends, the bytes."""
    texts = [t.encode() if isinstance(t, str) else bytes(t) for t in values.reshape(-1)]
    start = 4 * (len(texts) + 2)
    ends = np.cumsum([0, *(len(t) for t in texts)]) + start
    return struct.pack(f"<{len(texts) + 2}i", len(texts), *ends.tolist()) + b"".join(texts)


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(p) for p in text.split("."))
