"""What a file is made of: model, subgraphs, tensors, operators, buffers, signatures."""

from __future__ import annotations

from typing import Annotated

from tidefall.lite.schema.enums import (
    BuiltinOperator,
    CustomOptionsFormat,
    DimensionType,
    TensorType,
)
from tidefall.lite.schema.option_unions import BuiltinOptions, BuiltinOptions2
from tidefall.lite.schema.table import (
    EMPTY,
    Bytes,
    Table,
    UnionOf,
    float32,
    int8,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)


class CustomQuantization(Table):
    custom: Bytes = b""


class BlockwiseQuantization(Table):
    scales: int32 = 0
    zero_points: int32 = 0
    block_size: int32 = 0
    block_shape: list[int32] = EMPTY


class MultiAxisQuantization(Table):
    scales: int32 = 0
    zero_points: int32 = 0
    block_size: int32 = 0
    quantized_dimensions: list[int32] = EMPTY


QuantizationDetails = Annotated[
    Table | None, UnionOf(CustomQuantization, BlockwiseQuantization, MultiAxisQuantization)
]


class QuantizationParameters(Table):
    min: list[float32] = EMPTY
    max: list[float32] = EMPTY
    scale: list[float32] = EMPTY
    zero_point: list[int64] = EMPTY
    details: QuantizationDetails = None
    quantized_dimension: int32 = 0


class Int32Vector(Table):
    values: list[int32] = EMPTY


class Uint16Vector(Table):
    values: list[uint16] = EMPTY


class Uint8Vector(Table):
    values: list[uint8] = EMPTY


SparseIndexVector = Annotated[Table | None, UnionOf(Int32Vector, Uint16Vector, Uint8Vector)]


class DimensionMetadata(Table):
    format: DimensionType = DimensionType.DENSE
    dense_size: int32 = 0
    array_segments: SparseIndexVector = None
    array_indices: SparseIndexVector = None


class SparsityParameters(Table):
    traversal_order: list[int32] = EMPTY
    block_map: list[int32] = EMPTY
    dim_metadata: list[DimensionMetadata] = EMPTY


class VariantSubType(Table):
    shape: list[int32] = EMPTY
    type: TensorType = TensorType.FLOAT32
    has_rank: bool = False


class Tensor(Table, required=("shape", "name")):
    shape: list[int32] = EMPTY
    type: TensorType = TensorType.FLOAT32
    buffer: uint32 = 0
    name: str = ""
    quantization: QuantizationParameters | None = None
    is_variable: bool = False
    sparsity: SparsityParameters | None = None
    shape_signature: list[int32] = EMPTY
    has_rank: bool = False
    variant_tensors: list[VariantSubType] = EMPTY
    external_buffer: uint32 = 0


class OperatorCode(Table):
    deprecated_builtin_code: int8 = 0
    custom_code: str = ""
    version: int32 = 1
    builtin_code: BuiltinOperator = BuiltinOperator.ADD


class Operator(Table, required=("inputs", "outputs")):
    opcode_index: uint32 = 0
    inputs: list[int32] = EMPTY
    outputs: list[int32] = EMPTY
    builtin_options: BuiltinOptions = None
    custom_options: Bytes = b""
    custom_options_format: CustomOptionsFormat = CustomOptionsFormat.FLEXBUFFERS
    mutating_variable_inputs: list[bool] = EMPTY
    intermediates: list[int32] = EMPTY
    large_custom_options_offset: uint64 = 0
    large_custom_options_size: uint64 = 0
    builtin_options_2: BuiltinOptions2 = None
    debug_metadata_index: int32 = -1


class SubGraph(Table, required=("tensors", "inputs", "outputs", "operators", "name")):
    tensors: list[Tensor] = EMPTY
    inputs: list[int32] = EMPTY
    outputs: list[int32] = EMPTY
    operators: list[Operator] = EMPTY
    name: str = ""
    debug_metadata_index: int32 = -1


class Buffer(Table):
    data: Bytes = b""
    offset: uint64 = 0
    size: uint64 = 0


class ExternalBufferGroup(Table):
    name: str = ""


class ExternalBuffer(Table):
    id: uint32 = 0
    group: uint32 = 0
    offset: uint64 = 0
    length: uint64 = 0
    packing: str = ""


class Metadata(Table, required=("name",)):
    name: str = ""
    buffer: uint32 = 0


class TensorMap(Table, required=("name",)):
    name: str = ""
    tensor_index: uint32 = 0


class SignatureDef(
    Table, ids={"subgraph_index": 4}, required=("inputs", "outputs", "signature_key")
):
    inputs: list[TensorMap] = EMPTY
    outputs: list[TensorMap] = EMPTY
    signature_key: str = ""
    subgraph_index: uint32 = 0


class Model(Table, required=("operator_codes", "subgraphs", "description", "buffers")):
    version: uint32 = 0
    operator_codes: list[OperatorCode] = EMPTY
    subgraphs: list[SubGraph] = EMPTY
    description: str = ""
    buffers: list[Buffer] = EMPTY
    metadata_buffer: list[int32] = EMPTY
    metadata: list[Metadata] = EMPTY
    signature_defs: list[SignatureDef] = EMPTY
    external_buffer_groups: list[ExternalBufferGroup] = EMPTY
    external_buffers: list[ExternalBuffer] = EMPTY
